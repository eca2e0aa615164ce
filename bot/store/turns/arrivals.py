"""A message arrives: the turn it had already, or the conversation it belongs to, made where it is new.

The statements here and of saving.py are made once: for SQLAlchemy to put one together and look up how it
compiles takes several times as long as for SQLite to run it."""

from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, select, update

from bot.messages import ConversationStatus, Message, Reply, Turn
from bot.store.databases.upsert import insert_new
from bot.store.errors import StoreError
from bot.store.records import Conversation
from bot.store.tables.log import conversations, customers, decisions, messages
from bot.store.turns.at_once import MARK
from bot.store.values import buttons_from, decision_from, now, storable

_ARRIVAL = (
    select(
        conversations,
        customers.c.id.label("author_id"),
        customers.c.language,
        messages.c.id.label("message_id"),
    )
    .select_from(conversations)
    .join(customers, customers.c.key == bindparam("customer_key"))
    .outerjoin(
        messages,
        and_(
            messages.c.conversation_id == conversations.c.id,
            messages.c.external_id == bindparam("external_id"),
        ),
    )
    .where(conversations.c.key == bindparam("conversation_key"))
)
_MARKED_ARRIVAL = _ARRIVAL.add_columns(
    MARK.label("mark"),
    customers.c.name.label("author_name"),
    customers.c.blocked_at.label("author_blocked_at"),
)
_CUSTOMER_ID = select(customers.c.id).where(customers.c.key == bindparam("customer_key"))
_REPLIES = (
    select(messages)
    .where(messages.c.in_reply_to == bindparam("message_id"), messages.c.speaker == "bot")
    .order_by(messages.c.id)
)
_DECISION = select(decisions).where(decisions.c.message_id == bindparam("message_id"))


def find_arrival(connection: Connection, message: Message) -> Turn | Conversation | None:
    """The turn of a message that was handled before, else its conversation; None unless both it and the customer
    were seen before."""
    row = _arrival(connection, message)
    if row is None:
        return None
    if row.message_id is not None:
        return turn_before(connection, message, row.id, row.message_id, row.status)
    return _conversation_from(row, message)


def find_conversation(connection: Connection, message: Message) -> Conversation | None:
    """The conversation of a message, None unless both it and the customer were seen before."""
    row = _arrival(connection, message)
    return None if row is None else _conversation_from(row, message)


def make_conversation(connection: Connection, message: Message) -> Conversation:
    """Insert what is missing of customer and conversation; safe beside another process doing the same."""
    customer_id = ensure_customer(connection, message.customer_key, storable(message.customer_name))
    values = {
        "key": storable(message.conversation_key),
        "channel": message.channel,
        "customer_id": customer_id,
        "status": "bot",
        "status_since": now(),
        "state": {},
        "created_at": now(),
    }
    insert_new(connection, conversations, values, ("key",))
    made = find_conversation(connection, message)
    if made is None:
        raise StoreError(f"conversation {values['key']!r} was removed while it was made; try again")
    return made


def ensure_customer(connection: Connection, key: str, name: str = "") -> int:
    """The id of the customer with this key, who is added where unknown."""
    values = {"key": storable(key), "name": name, "created_at": now()}
    insert_new(connection, customers, values, ("key",))
    return int(connection.execute(_CUSTOMER_ID, {"customer_key": values["key"]}).scalar_one())


def set_language(connection: Connection, customer_key: str, language: str) -> None:
    customer_id = ensure_customer(connection, customer_key)
    chosen = update(customers).where(customers.c.id == customer_id).values(language=storable(language))
    connection.execute(chosen)


def turn_before(
    connection: Connection,
    message: Message,
    conversation_id: int,
    message_id: int,
    status: ConversationStatus,
) -> Turn:
    """The turn that was stored for a message, with its replies; understanding and findings are not rebuilt."""
    stored = {"message_id": message_id}
    replies = connection.execute(_REPLIES, stored).all()
    decision = connection.execute(_DECISION, stored).one_or_none()
    return Turn(
        message=message,
        conversation_id=conversation_id,
        message_id=message_id,
        replies=tuple(Reply(row.text, buttons_from(row.buttons), row.id) for row in replies),
        decision=None if decision is None else decision_from(decision),
        status=status,
        is_repeat=True,
        timings_ms={} if decision is None else dict(decision.timings_ms),
    )


def _arrival(connection: Connection, message: Message) -> Row[Any] | None:
    keys = {
        "customer_key": storable(message.customer_key),
        "conversation_key": storable(message.conversation_key),
        "external_id": storable(message.external_id),
    }
    has_marks = connection.dialect.name == "postgresql"
    return connection.execute(_MARKED_ARRIVAL if has_marks else _ARRIVAL, keys).one_or_none()


def _conversation_from(row: Row[Any], message: Message) -> Conversation:
    return Conversation(
        id=row.id,
        customer_id=row.author_id,
        status=row.status,
        status_since=row.status_since,
        state=dict(row.state),
        assignee_id=row.assignee_id,
        language=row.language,
        channel=row.channel,
        key=row.key,
        last_at=row.last_at,
        mark=_mark(row, message),
    )


def _mark(row: Row[Any], message: Message) -> str:
    """The version of the conversation's row for this message's turn, see Met."""
    if "mark" not in row._fields or row.author_blocked_at is not None:
        return ""
    is_called_so = storable(message.customer_name) in {"", row.author_name}
    return str(row.mark) if is_called_so else ""
