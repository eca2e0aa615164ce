"""What was said in a conversation, for those who read along."""

from typing import Any

from sqlalchemy import Connection, Row, select

from bot.messages import ConversationStatus
from bot.store.delivery import WAITING
from bot.store.privacy.emptying import said_something
from bot.store.records import StoredMessage
from bot.store.tables.log import conversations, decisions, messages
from bot.store.values import buttons_from, storable


def transcript(
    connection: Connection, conversation_key: str, *, after: int, limit: int
) -> list[StoredMessage]:
    """The first `limit` messages with ids above `after`, oldest first, those that were emptied left out; none where
    the key is unknown."""
    # A reply may be empty as well; that one arrived, or is on its way.
    on_its_way = messages.c.delivered_as.is_not(None) | messages.c.delivery.in_(WAITING)
    is_left = said_something() | on_its_way
    query = (
        select(messages, decisions.c.kind.label("decision_kind"), decisions.c.answer_id)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .outerjoin(decisions, decisions.c.message_id == messages.c.in_reply_to)
        .where(conversations.c.key == storable(conversation_key), messages.c.id > after, is_left)
        .order_by(messages.c.id)
        .limit(limit)
    )
    return [_message_from(row) for row in connection.execute(query)]


def status(connection: Connection, conversation_key: str) -> ConversationStatus | None:
    """Who has a conversation; None where the key is unknown."""
    query = select(conversations.c.status).where(conversations.c.key == storable(conversation_key))
    found: ConversationStatus | None = connection.execute(query).scalar_one_or_none()
    return found


def _message_from(row: Row[Any]) -> StoredMessage:
    return StoredMessage(
        id=row.id,
        speaker=row.speaker,
        text=row.text,
        at=row.at,
        buttons=buttons_from(row.buttons),
        decision_kind=row.decision_kind,
        answer_id=row.answer_id,
        external_id=(row.external_id if row.speaker == "customer" else row.delivered_as) or "",
        is_waiting=row.delivery in WAITING,
    )
