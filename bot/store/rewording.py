"""What was said is said otherwise; the words before are kept as versions."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from bot.store.inbox.custody import key_of
from bot.store.inbox.search import reindex
from bot.store.labels.entities import drop_marks
from bot.store.peers.news import tell
from bot.store.records import Reworded
from bot.store.tables.log import messages
from bot.store.tables.staff_work import notes
from bot.store.values import now, storable


def reword(connection: Connection, conversation_id: int, external_id: str, text: str) -> Reworded | None:
    """Change what staff said or noted under that id; None where there is nothing, or the customer is forgotten."""
    key = key_of(connection, conversation_id)
    if key is None:
        return None
    tell(connection, "conversation", key)
    said = select(messages).where(
        messages.c.conversation_id == conversation_id, messages.c.external_id == external_id
    )
    row = connection.execute(said.where(messages.c.speaker == "person").with_for_update()).one_or_none()
    if row is not None:
        put_words(connection, row, text, now())
        return Reworded(key, row.id, row.delivery, row.delivered_as or "")
    noted = (notes.c.conversation_id == conversation_id) & (notes.c.external_id == external_id)
    changed = connection.execute(update(notes).where(noted).values(text=storable(text)))
    return Reworded(key) if changed.rowcount else None


def put_words(connection: Connection, row: Row[*tuple[Any, ...]], text: str, at: datetime) -> None:
    """Let a message say `text` from then on, keeping what it said before."""
    text = storable(text)
    if text != row.text:
        versions = [*row.versions, {"text": row.text, "until": at.isoformat()}]
        change = update(messages).where(messages.c.id == row.id).values(text=text, versions=versions)
        connection.execute(change)
        drop_marks(connection, [row.id])  # their offsets are those of the words before
        reindex(connection, row.id, text)
