"""What the bot would have said, kept until a person sends it, changes it, or says something else."""

from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from bot.messages import Draft
from bot.store.labels.labels import label_message, standing_corrections_of
from bot.store.records import Settlement, StoredDraft
from bot.store.tables.accounts import staff
from bot.store.tables.log import messages
from bot.store.tables.staff_work import drafts
from bot.store.values import button_rows, buttons_from, now, storable


def add_draft(connection: Connection, conversation_id: int, message_id: int, draft: Draft) -> None:
    """Keep a draft, in place of one that waits."""
    settle_open(connection, conversation_id, "superseded", None)
    values = {
        "conversation_id": conversation_id,
        "message_id": message_id,
        "intent": draft.intent,
        "answer_id": draft.answer_id,
        "text": storable(draft.text),
        "buttons": button_rows(draft.buttons),
        "state": draft.state,
        "created_at": now(),
    }
    connection.execute(insert(drafts).values(values))


def open_draft(connection: Connection, conversation_id: int) -> StoredDraft | None:
    """The draft that waits in a conversation."""
    query = select(drafts).where(drafts.c.conversation_id == conversation_id, drafts.c.outcome.is_(None))
    row = connection.execute(query.order_by(drafts.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else _draft_from(row)


def settle(
    connection: Connection, draft: StoredDraft, outcome: Settlement, staff_id: int, sent_id: int | None
) -> None:
    """What a person made of it. Sent as it was, its intent is a label of the customer's message."""
    values = {"outcome": outcome, "staff_id": staff_id, "sent_id": sent_id, "settled_at": now()}
    connection.execute(update(drafts).where(drafts.c.id == draft.id).values(values))
    if outcome == "sent" and draft.intent and not standing_corrections_of(connection, [draft.message_id]):
        said = connection.execute(select(messages).where(messages.c.id == draft.message_id)).one()
        if said.kind in {"text", "edit"} and said.text.strip():
            label_message(connection, said.text, draft.intent, _name(connection, staff_id), draft.message_id)


def settle_open(
    connection: Connection, conversation_id: int, outcome: Settlement, staff_id: int | None
) -> None:
    """A draft that waits is overtaken by what happened."""
    waits = (drafts.c.conversation_id == conversation_id) & drafts.c.outcome.is_(None)
    values = {"outcome": outcome, "staff_id": staff_id, "settled_at": now()}
    connection.execute(update(drafts).where(waits).values(values))


def _name(connection: Connection, staff_id: int) -> str:
    row = connection.execute(select(staff.c.name, staff.c.email).where(staff.c.id == staff_id)).one()
    return str(row.name or row.email)


def _draft_from(row: Row[Any]) -> StoredDraft:
    return StoredDraft(
        id=row.id,
        message_id=row.message_id,
        text=row.text,
        buttons=buttons_from(row.buttons),
        intent=row.intent,
        state=dict(row.state),
    )
