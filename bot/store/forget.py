"""One customer's words, names and numbers leave every table; the counts stay."""

from typing import Any

from sqlalchemy import ColumnElement, Text, cast, delete, exists, literal, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.errors import StoreError
from bot.store.labels import drop_corrections
from bot.store.records import Customer, ForgetReport
from bot.store.tables import (
    conversations,
    corrections,
    customers,
    feedback,
    messages,
    understandings,
    updates,
)
from bot.store.values import now, storable


async def find_customer(connection: AsyncConnection, customer: str) -> Customer | None:
    """By key ("telegram:123") or, where it is all digits, by database id."""
    query = select(customers).where(customers.c.key == storable(customer))
    row = (await connection.execute(query)).one_or_none()
    if row is None and customer.isascii() and customer.isdigit():
        by_id = select(customers).where(customers.c.id == int(customer))
        row = (await connection.execute(by_id)).one_or_none()
    return None if row is None else Customer(row.id, row.key, row.name, row.language)


async def forget_customer(connection: AsyncConnection, customer_key: str) -> ForgetReport:
    """Remove what one person said and what was said to them; a group's other members keep theirs.

    Kept: that there were so many messages at those times, and the decisions (kind, intent, answer), which
    hold no words of the customer. Raises StoreError for an unknown customer."""
    customer = await find_customer(connection, customer_key)
    if customer is None:
        raise StoreError(
            f"customer {customer_key!r} is not stored; wanted a key such as telegram:123, or a database id"
        )
    alone = await _conversations_alone(connection, customer.id)
    theirs = or_(messages.c.customer_id == customer.id, messages.c.conversation_id.in_(alone))
    # The order matters: what refers to messages is found through them, before they are emptied.
    n_corrections = await _forget_corrections(connection, theirs)
    n_updates = await _forget_updates(connection, customer.key)
    n_feedback = await _forget_feedback(connection, theirs, customer.key)
    ids = select(messages.c.id).where(theirs)
    removed = await connection.execute(delete(understandings).where(understandings.c.message_id.in_(ids)))
    n_messages = await _empty_messages(connection, theirs)
    n_conversations = await _empty_conversations(connection, customer.id, alone)
    await _empty_customer(connection, customer.id)
    return ForgetReport(
        customer_id=customer.id,
        conversations=n_conversations,
        messages=n_messages,
        understandings=removed.rowcount,
        feedback=n_feedback,
        corrections=n_corrections,
        updates=n_updates,
    )


async def _conversations_alone(connection: AsyncConnection, customer_id: int) -> list[int]:
    """Conversations this customer began and in which no other customer spoke."""
    other = exists().where(
        messages.c.conversation_id == conversations.c.id, messages.c.customer_id != customer_id
    )
    query = select(conversations.c.id).where(conversations.c.customer_id == customer_id, ~other)
    return list((await connection.execute(query)).scalars())


async def _forget_corrections(connection: AsyncConnection, theirs: ColumnElement[bool]) -> int:
    """Those made from the customer's messages, also where staff typed the words: unless others wrote them too."""
    texts = await _texts_of(connection, theirs)
    others = exists().where(~theirs, messages.c.speaker == "customer", messages.c.text == corrections.c.text)
    query = select(corrections.c.id, corrections.c.text, corrections.c.message_id, others.label("is_common"))
    ids = set((await connection.execute(select(messages.c.id).where(theirs))).scalars())
    gone = []
    for row in await connection.execute(query.where(corrections.c.undoes.is_(None))):
        typed = row.message_id is None and not row.is_common and row.text.strip() in texts
        if row.message_id in ids or typed:
            gone.append(row.id)
    await drop_corrections(connection, gone)
    return len(gone)


async def _texts_of(connection: AsyncConnection, theirs: ColumnElement[bool]) -> set[str]:
    query = select(messages.c.text, messages.c.versions).where(theirs, messages.c.speaker == "customer")
    texts = set()
    for row in await connection.execute(query):
        texts |= {row.text.strip(), *(version["text"].strip() for version in row.versions)}
    return texts - {""}


async def _forget_updates(connection: AsyncConnection, customer_key: str) -> int:
    """Empty unfinished updates that name the customer anywhere; finished ones are empty already."""
    channel, _, own_id = customer_key.partition(":")
    query = select(updates.c.id, updates.c.payload).where(
        updates.c.channel == channel, updates.c.payload.is_not(None)
    )
    rows = (await connection.execute(query)).all()
    ids = [row.id for row in rows if _mentions(row.payload, own_id)]
    emptied = update(updates).where(updates.c.id.in_(ids)).values(payload=null(), finished_at=now())
    await connection.execute(emptied)
    return len(ids)


def _mentions(payload: Any, own_id: str) -> bool:
    if isinstance(payload, dict):
        return any(_mentions(value, own_id) for value in payload.values())
    if isinstance(payload, list):
        return any(_mentions(value, own_id) for value in payload)
    return str(payload) == own_id


async def _forget_feedback(connection: AsyncConnection, theirs: ColumnElement[bool], key: str) -> int:
    """The opinion stays, whose it was goes. `by` becomes unique by its own id, as the constraint wants."""
    ids = select(messages.c.id).where(theirs)
    own = or_(feedback.c.by == key, feedback.c.message_id.in_(ids))
    named = update(feedback).where(own).values(by=literal("forgotten:") + cast(feedback.c.id, Text))
    return (await connection.execute(named)).rowcount


async def _empty_messages(connection: AsyncConnection, theirs: ColumnElement[bool]) -> int:
    empty: dict[str, Any] = {"text": "", "versions": [], "attachment": "", "buttons": [], "failure": ""}
    empty |= {"external_id": None, "delivered_as": None, "sender": None}
    waiting = messages.c.delivery.in_(("pending", "sending"))
    stop = update(messages).where(theirs, waiting).values(delivery="failed")
    await connection.execute(stop)
    return (await connection.execute(update(messages).where(theirs).values(empty))).rowcount


async def _empty_conversations(connection: AsyncConnection, customer_id: int, alone: list[int]) -> int:
    """Those they were alone in lose their key as well; of a shared one the state goes, for it may hold their words."""
    spoke = select(messages.c.conversation_id).where(messages.c.customer_id == customer_id)
    shared = conversations.c.id.in_(spoke) & conversations.c.id.not_in(alone)
    group = await connection.execute(update(conversations).where(shared).values(state={}))
    key = literal("forgotten:") + cast(conversations.c.id, Text)
    own = update(conversations).where(conversations.c.id.in_(alone))
    values = {"key": key, "state": {}, "status": "bot", "status_since": now()}
    return group.rowcount + (await connection.execute(own.values(values))).rowcount


async def _empty_customer(connection: AsyncConnection, customer_id: int) -> None:
    empty = {"key": f"forgotten:{customer_id}", "name": "", "language": "", "blocked_at": None}
    row = customers.c.id == customer_id
    await connection.execute(update(customers).where(row).values(empty | {"forgotten_at": now()}))
