"""Turns: saved whole, in one transaction."""

from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    Insert,
    Row,
    ScalarResult,
    Table,
    bindparam,
    func,
    insert,
    or_,
    select,
    update,
)

from bot.messages import Message, Met, Turn
from bot.store.databases.upsert import insert_new
from bot.store.errors import StoreError
from bot.store.inbox.custody import lock_conversation, log_move
from bot.store.inbox.drafts import add_draft, settle_open
from bot.store.insights.days import drop_days, is_late
from bot.store.rewording import put_words
from bot.store.tables.log import conversations, customers, messages
from bot.store.turns.arrivals import ensure_customer, make_conversation, turn_before
from bot.store.turns.outcome import Outcome
from bot.store.turns.rows import message_row, reply_row, rows_beside
from bot.store.updates import finish_update
from bot.store.values import FORGOTTEN, now, storable

_MESSAGE_ID = select(messages.c.id).where(
    messages.c.conversation_id == bindparam("conversation_id"),
    messages.c.external_id == bindparam("external_id"),
)
_NAMED = update(customers).where(customers.c.id == bindparam("customer_id"))
_REPLIED = insert(messages).returning(messages.c.id)
_REMEMBERED = update(conversations).where(conversations.c.id == bindparam("of_id"))


def save_turn(
    connection: Connection, message: Message, conversation_id: int, outcome: Outcome
) -> Turn | None:
    """Write a turn, or give back the one that was written for this message before; None where the conversation
    changed hands meanwhile."""
    if not message.external_id:
        raise StoreError(
            f"a message of {message.channel} has no external_id; wanted the channel's own id of it"
        )
    author_key = storable(message.customer_key)
    stored = lock_conversation(connection, conversation_id, author_key=author_key)
    if stored.key.startswith(
        FORGOTTEN
    ):  # meanwhile: what the customer writes now starts anew, knowing nothing
        conversation_id = make_conversation(connection, message).id
        stored = lock_conversation(connection, conversation_id, author_key=author_key)
        outcome = replace(outcome, state={}, met=Met(stored.status))
    is_as_met = _is_as_met(stored, outcome)
    if not is_as_met and _said(connection, stored.id, message.external_id).first() is None:
        return None
    conversation_id = stored.id
    customer_id = _greet_customer(connection, message, stored)
    ours = {"conversation_id": conversation_id, "customer_id": customer_id}
    values = ours | message_row(message)
    values["quotes"] = _quoted(connection, conversation_id, message.quotes)
    message_id = insert_new(connection, messages, values, ("conversation_id", "external_id"))
    finish_update(connection, message.channel, message.update_id)
    if message_id is None:
        earlier = _said(connection, conversation_id, message.external_id).one()
        return turn_before(connection, message, conversation_id, earlier, stored.status)
    if is_late(message.received_at):
        drop_days(connection, [message.received_at])
    for table, row in rows_beside(outcome):
        connection.execute(_beside(table), {"message_id": message_id} | row)
    replied = [ours | {"in_reply_to": message_id} | reply_row(message, reply) for reply in outcome.replies]
    reply_ids = [int(connection.execute(_REPLIED, row).scalar_one()) for row in replied]
    _save_state(connection, stored, outcome)
    if outcome.draft is not None:
        add_draft(connection, conversation_id, message_id, outcome.draft)
    return outcome.turn(message, conversation_id, message_id, reply_ids)


def _is_as_met(stored: Row[Any], outcome: Outcome) -> bool:
    """Whether nobody had the conversation between the reading of it and now: not staff, nor a process that went on
    with it while the database was away from this one."""
    met = outcome.met
    return bool(stored.status == met.status and (met.state is None or dict(stored.state) == met.state))


@cache
def _beside(table: Table) -> Insert:
    return insert(table)


def replace_message(connection: Connection, message: Message) -> int | None:
    """Put the edited text in place, keeping the old one; None when the original was never stored."""
    query = (
        select(messages.c.id, messages.c.text, messages.c.versions)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(conversations.c.key == storable(message.conversation_key))
        .where(messages.c.external_id == storable(message.replaces))
        .with_for_update()
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    put_words(connection, row, message.text, message.received_at)
    return int(row.id)


def _said(connection: Connection, conversation_id: int, external_id: str) -> ScalarResult[int]:
    said = {"conversation_id": conversation_id, "external_id": storable(external_id)}
    return connection.scalars(_MESSAGE_ID, said)


def _greet_customer(connection: Connection, message: Message, stored: Row[Any]) -> int:
    """The author's id. Who writes has not blocked the bot, and goes by the name they have now."""
    if stored.author_id is None:
        return ensure_customer(connection, message.customer_key, storable(message.customer_name))
    name = storable(message.customer_name) or stored.author_name
    if name != stored.author_name or stored.author_blocked_at is not None:
        connection.execute(_NAMED, {"customer_id": stored.author_id, "name": name, "blocked_at": None})
    return int(stored.author_id)


def _quoted(connection: Connection, conversation_id: int, external_id: str) -> int | None:
    """The message that the channel calls so, whoever wrote it."""
    if not external_id:
        return None
    called = or_(messages.c.external_id == external_id, messages.c.delivered_as == external_id)
    query = select(func.max(messages.c.id)).where(messages.c.conversation_id == conversation_id, called)
    found: int | None = connection.execute(query).scalar_one_or_none()
    return found


def _save_state(connection: Connection, stored: Row[Any], outcome: Outcome) -> None:
    """What the conversation is after it; where that is another status, the change is kept at once."""
    values: dict[str, Any] = {"state": outcome.state, "last_at": now()}
    if outcome.status != stored.status:
        # Customers' messages never give it to a person: who has it is what staff decide.
        values |= {"status": outcome.status, "status_since": now(), "assignee_id": None}
        log_move(connection, stored.id, status=outcome.status, reason=outcome.moved)
        settle_open(connection, stored.id, "dropped", None)
    connection.execute(_REMEMBERED, {"of_id": stored.id} | values)
