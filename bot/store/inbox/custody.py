"""Conversations change hands: read under a lock, decided on, written with what is said on the occasion."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from bot.messages import WITH_PEOPLE, ConversationStatus
from bot.store.databases.upsert import insert_new
from bot.store.errors import StoreError
from bot.store.inbox.drafts import open_draft, settle, settle_open
from bot.store.insights.answer_usage import answer_before
from bot.store.peers.news import tell
from bot.store.records import Held, Line, Move, Moved, StoredDraft
from bot.store.tables.log import conversations, custody_changes, customers, messages, ratings
from bot.store.tables.staff_work import notes
from bot.store.values import FORGOTTEN, button_rows, now, storable

_MOVED = insert(custody_changes)
_HELD = conversations.c.id == bindparam("conversation_id")
_LOCKED = select(conversations).where(_HELD).with_for_update()
_LOCKED_FOR = (
    select(
        conversations,
        customers.c.id.label("author_id"),
        customers.c.name.label("author_name"),
        customers.c.blocked_at.label("author_blocked_at"),
    )
    .outerjoin(customers, customers.c.key == bindparam("author_key"))
    .where(_HELD)
    .with_for_update(of=conversations)
)


def lock_conversation(
    connection: Connection, conversation_id: int, *, author_key: str | None = None
) -> Row[Any]:
    """The conversation's row, held until the end of the transaction: turns of one conversation queue here.

    With `author_key` also that customer's `author_id`, `author_name` and `author_blocked_at`, None where unknown."""
    values: dict[str, Any] = {"conversation_id": conversation_id}
    if author_key is None:
        row = connection.execute(_LOCKED, values).one_or_none()
    else:
        row = connection.execute(_LOCKED_FOR, values | {"author_key": author_key}).one_or_none()
    if row is None:
        raise StoreError(f"conversation {conversation_id} is not stored; it is made by conversation(message)")
    return row


def key_of(connection: Connection, conversation_id: int) -> str | None:
    """None where there is none, or its customer is forgotten."""
    query = select(conversations.c.key).where(conversations.c.id == conversation_id)
    key: str | None = connection.execute(query).scalar_one_or_none()
    return None if key is None or key.startswith(FORGOTTEN) else key


def move(
    connection: Connection, conversation_id: int, staff_id: int | None, decide: Callable[[Held], Move]
) -> Moved | None:
    """Do with a conversation what `decide` makes of it as it is held now; None where there is none, or its customer
    is forgotten. What `decide` raises leaves everything as it was."""
    if key_of(connection, conversation_id) is None:
        return None
    row = lock_conversation(connection, conversation_id)
    tell(connection, "conversation", row.key)
    draft = open_draft(connection, row.id)
    decided = decide(Held(row.status, row.assignee_id, dict(row.state), _language(connection, row), draft))
    custody = decided.status, decided.assignee_id
    values: dict[str, Any] = {"state": decided.state, "assignee_id": decided.assignee_id}
    if decided.lines:
        values["last_at"] = now()
    if custody != (row.status, row.assignee_id):
        values |= {"status": decided.status}
        if decided.status != row.status:
            values["status_since"] = now()
        log_move(
            connection,
            row.id,
            status=decided.status,
            reason=decided.reason,
            staff_id=staff_id,
            assignee_id=decided.assignee_id,
        )
    connection.execute(update(conversations).where(conversations.c.id == row.id).values(values))
    ids = tuple(_say(connection, row, staff_id, line) for line in decided.lines)
    if draft is not None:
        _settle(connection, draft, row.id, staff_id, decided, ids)
    if decided.asks_to_rate:
        asked = {"conversation_id": row.id, "message_id": ids[-1], "asked_at": now(), "comment": ""}
        connection.execute(insert(ratings).values(asked | {"staff_id": decided.assignee_id}))
    return Moved(row.key, ids)


def _settle(
    connection: Connection,
    draft: StoredDraft,
    conversation_id: int,
    staff_id: int | None,
    decided: Move,
    said: tuple[int, ...],
) -> None:
    """What becomes of a draft that waits."""
    if decided.settles is not None and staff_id is not None:
        settle(connection, draft, decided.settles, staff_id, said[0] if said else None)
    elif any(line.speaker == "person" for line in decided.lines):
        settle_open(connection, conversation_id, "replaced", staff_id)
    elif decided.status not in WITH_PEOPLE:
        settle_open(connection, conversation_id, "dropped", staff_id)


def log_move(
    connection: Connection,
    conversation_id: int,
    *,
    status: ConversationStatus,
    reason: str,
    staff_id: int | None = None,
    assignee_id: int | None = None,
) -> None:
    """Keep that a conversation changed hands, and why."""
    moment = now()
    values = {
        "conversation_id": conversation_id,
        "status": status,
        "reason": reason,
        "staff_id": staff_id,
        "assignee_id": assignee_id,
        "at": moment,
        "after_answer": answer_before(connection, conversation_id, moment) if status == "waiting" else None,
    }
    connection.execute(_MOVED, values)


def add_note(
    connection: Connection, conversation_id: int, staff_id: int | None, text: str, external_id: str | None
) -> str | None:
    """Keep what staff tell each other of a conversation, once; its key, None where there is none."""
    key = key_of(connection, conversation_id)
    if key is not None:
        values: dict[str, Any] = {"conversation_id": conversation_id, "staff_id": staff_id}
        values |= {"text": storable(text), "at": now(), "external_id": external_id}
        insert_new(connection, notes, values, ("conversation_id", "external_id"))
        tell(connection, "conversation", key)
    return key


def rate(connection: Connection, message_id: int, score: int) -> bool:
    """Keep how content a customer is, 1 to 5; a later press counts. False where that message asked nothing."""
    rated = update(ratings).where(ratings.c.message_id == message_id)
    return connection.execute(rated.values(score=score, rated_at=now())).rowcount == 1


def comment_rating(connection: Connection, conversation_id: int, comment: str) -> None:
    """Keep what a customer adds to the rating they gave last."""
    query = (
        select(ratings.c.id)
        .where(ratings.c.conversation_id == conversation_id, ratings.c.score.is_not(None))
        .order_by(ratings.c.id.desc())
        .limit(1)
    )
    newest = connection.execute(query).scalar_one_or_none()
    if newest is not None:
        values = {"comment": storable(comment)}
        connection.execute(update(ratings).where(ratings.c.id == newest).values(values))


def _say(connection: Connection, conversation: Row[Any], staff_id: int | None, line: Line) -> int:
    """The id of the line, also where it was said before."""
    last = (
        select(messages.c.customer_id)
        .where(messages.c.conversation_id == conversation.id, messages.c.speaker == "customer")
        .order_by(messages.c.id.desc())
        .limit(1)
    )
    spoken_to = connection.execute(last).scalar_one_or_none() or conversation.customer_id
    values = {
        "conversation_id": conversation.id,
        "customer_id": spoken_to,
        "channel": conversation.channel,
        "speaker": line.speaker,
        "staff_id": staff_id if line.speaker == "person" else None,
        "kind": line.kind,
        "text": storable(line.text),
        "versions": [],
        "attachment": storable(line.attachment),
        "at": now(),
        "external_id": line.external_id,
        "in_reply_to": line.answers,
        "quotes": line.quotes,
        "buttons": button_rows(line.buttons),
        "delivery": "pending",
    }
    message_id = insert_new(connection, messages, values, ("conversation_id", "external_id"))
    if message_id is not None:
        return message_id
    said = select(messages.c.id).where(
        messages.c.conversation_id == conversation.id, messages.c.external_id == line.external_id
    )
    return int(connection.execute(said).scalar_one())


def _language(connection: Connection, conversation: Row[Any]) -> str:
    """What the customer chose, else what they last wrote in; "" where neither is known."""
    query = select(customers.c.language).where(customers.c.id == conversation.customer_id)
    chosen = connection.execute(query).scalar_one_or_none()
    return str(chosen or dict(conversation.state).get("language", ""))
