"""One customer's words, names and numbers leave every table; the counts stay."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    cast,
    delete,
    exists,
    literal,
    null,
    or_,
    select,
    update,
)

from bot.store.days import drop_days
from bot.store.errors import StoreError
from bot.store.labels import drop_corrections
from bot.store.records import Customer, ForgetReport
from bot.store.saved_views import drop_views_about
from bot.store.search import drop_words, purge
from bot.store.tables.labels import corrections, entity_labels, feedback
from bot.store.tables.log import conversations, customers, messages, ratings, understandings, updates
from bot.store.tables.staff_work import drafts, notes, topic_posts, topics
from bot.store.tables.trials import trial_decisions
from bot.store.topic_records import FORGOTTEN_TOPIC
from bot.store.values import FORGOTTEN, now, storable

LARGEST_ID = 2**31 - 1
ID_NAMES = ("id", "user_id", "chat_id")


def find_customer(connection: Connection, customer: str) -> Customer | None:
    """By key ("telegram:123") or, where it is all digits, by database id."""
    found = _customer(connection, customers.c.key == storable(customer))
    if found is None and customer.isascii() and customer.isdigit() and int(customer) <= LARGEST_ID:
        return _customer(connection, customers.c.id == int(customer))
    return found


def forget_customer(connection: Connection, customer_key: str) -> ForgetReport:
    """Remove what one person said and what was said to them; a group's other members keep theirs.

    Kept: that there were so many messages at those times, and the decisions (kind, intent, answer), which
    hold no words of the customer. Raises StoreError for an unknown customer."""
    customer = _customer(connection, customers.c.key == storable(customer_key))
    if customer is None:
        raise StoreError(f"customer {customer_key!r} is not stored; wanted a key such as telegram:123")
    alone = _conversations_alone(connection, customer.id)
    theirs = or_(messages.c.customer_id == customer.id, messages.c.conversation_id.in_(alone))
    # The order matters: what refers to messages is found through them, before they are emptied.
    n_corrections = _forget_corrections(connection, theirs)
    n_updates = _forget_updates(connection, customer.key)
    n_feedback = _forget_feedback(connection, theirs, customer.key)
    ids = select(messages.c.id).where(theirs)
    drop_days(connection, connection.execute(select(messages.c.at).where(theirs)).scalars())
    removed = connection.execute(delete(understandings).where(understandings.c.message_id.in_(ids)))
    marked = entity_labels.c.message_id.in_(ids)
    connection.execute(delete(entity_labels).where(marked))
    numbers = connection.execute(ids).scalars().all()
    drop_views_about(connection, set(numbers), customer.name)
    drop_words(connection, numbers)
    purge(connection)
    n_messages = _empty_messages(connection, theirs)
    _forget_beside_messages(connection, customer.id)
    n_conversations = _empty_conversations(connection, customer.id, alone)
    _empty_customer(connection, customer.id)
    # Last: a shadow's decision that is being written holds the customer's row until it is there.
    connection.execute(delete(trial_decisions).where(trial_decisions.c.message_id.in_(ids)))
    return ForgetReport(
        customer_id=customer.id,
        conversations=n_conversations,
        messages=n_messages,
        understandings=removed.rowcount,
        feedback=n_feedback,
        corrections=n_corrections,
        updates=n_updates,
    )


def _customer(connection: Connection, which: ColumnElement[bool]) -> Customer | None:
    row = connection.execute(select(customers).where(which)).one_or_none()
    return None if row is None else Customer(row.id, row.key, row.name, row.language)


def _conversations_alone(connection: Connection, customer_id: int) -> list[int]:
    """Conversations this customer began and in which no other customer spoke."""
    other = exists().where(
        messages.c.conversation_id == conversations.c.id, messages.c.customer_id != customer_id
    )
    query = select(conversations.c.id).where(conversations.c.customer_id == customer_id, ~other)
    return list(connection.execute(query).scalars())


def _forget_corrections(connection: Connection, theirs: ColumnElement[bool]) -> int:
    """Those made from the customer's messages, also where staff typed the words: unless others wrote them too."""
    texts = _texts_of(connection, theirs)
    others = exists().where(~theirs, messages.c.speaker == "customer", messages.c.text == corrections.c.text)
    query = select(corrections.c.id, corrections.c.text, corrections.c.message_id, others.label("is_common"))
    ids = set(connection.execute(select(messages.c.id).where(theirs)).scalars())
    gone = []
    for row in connection.execute(query.where(corrections.c.undoes.is_(None))):
        typed = row.message_id is None and not row.is_common and _in_one_line(row.text) in texts
        if row.message_id in ids or typed:
            gone.append(row.id)
    drop_corrections(connection, gone)
    return len(gone)


def _texts_of(connection: Connection, theirs: ColumnElement[bool]) -> set[str]:
    query = select(messages.c.text, messages.c.versions).where(theirs, messages.c.speaker == "customer")
    texts = set()
    for row in connection.execute(query):
        texts |= {_in_one_line(said) for said in (row.text, *(version["text"] for version in row.versions))}
    return texts - {""}


def _in_one_line(text: str) -> str:
    """As staff may have put it into a field of one line."""
    return " ".join(text.split())


def _forget_updates(connection: Connection, customer_key: str) -> int:
    """Empty unfinished updates that name the customer anywhere; finished ones are empty already."""
    channel, _, own_id = customer_key.partition(":")
    query = select(updates.c.id, updates.c.payload).where(
        updates.c.channel == channel, updates.c.payload.is_not(None)
    )
    rows = connection.execute(query).all()
    ids = [row.id for row in rows if _mentions(row.payload, own_id)]
    emptied = update(updates).where(updates.c.id.in_(ids)).values(payload=null(), finished_at=now())
    connection.execute(emptied)
    return len(ids)


def _mentions(payload: Any, own_id: str) -> bool:
    """Whether the id stands where channels put a person's or a chat's; message numbers can be equal by chance."""
    if isinstance(payload, dict):
        named = (str(payload[name]) == own_id for name in ID_NAMES if name in payload)
        return any(named) or any(_mentions(value, own_id) for value in payload.values())
    return isinstance(payload, list) and any(_mentions(value, own_id) for value in payload)


def _forget_feedback(connection: Connection, theirs: ColumnElement[bool], key: str) -> int:
    """The opinion stays, whose it was goes. `by` becomes unique by its own id, as the constraint wants."""
    ids = select(messages.c.id).where(theirs)
    own = or_(feedback.c.by == key, feedback.c.message_id.in_(ids))
    named = update(feedback).where(own).values(by=literal(FORGOTTEN) + cast(feedback.c.id, Text))
    return connection.execute(named).rowcount


def _empty_messages(connection: Connection, theirs: ColumnElement[bool]) -> int:
    empty: dict[str, Any] = {"text": "", "versions": [], "attachment": "", "buttons": [], "failure": ""}
    empty |= {"external_id": None, "delivered_as": None, "sender": None}
    waiting = messages.c.delivery.in_(("pending", "sending"))
    stop = update(messages).where(theirs, waiting).values(delivery="failed")
    connection.execute(stop)
    return connection.execute(update(messages).where(theirs).values(empty)).rowcount


def _forget_beside_messages(connection: Connection, customer_id: int) -> None:
    """Of all conversations they spoke in the notes, which may quote them, what was said to a score, which stays,
    the bot's drafts, and what stands in the staff group; the desk deletes the topics themselves, which takes Telegram."""
    spoke = select(messages.c.conversation_id).where(messages.c.customer_id == customer_id)
    connection.execute(delete(drafts).where(drafts.c.conversation_id.in_(spoke)))
    connection.execute(delete(topic_posts).where(topic_posts.c.conversation_id.in_(spoke)))
    shown = update(topics).where(topics.c.conversation_id.in_(spoke))
    connection.execute(shown.values(status=FORGOTTEN_TOPIC, title="", subject=""))
    connection.execute(delete(notes).where(notes.c.conversation_id.in_(spoke)))
    commented = update(ratings).where(ratings.c.conversation_id.in_(spoke))
    connection.execute(commented.values(comment=""))


def _empty_conversations(connection: Connection, customer_id: int, alone: list[int]) -> int:
    """Those they were alone in lose their key as well; of a shared one the state goes, for it may hold their words."""
    spoke = select(messages.c.conversation_id).where(messages.c.customer_id == customer_id)
    shared = conversations.c.id.in_(spoke) & conversations.c.id.not_in(alone)
    group = connection.execute(update(conversations).where(shared).values(state={}))
    key = literal(FORGOTTEN) + cast(conversations.c.id, Text)
    own = update(conversations).where(conversations.c.id.in_(alone))
    values = {"key": key, "state": {}, "status": "bot", "status_since": now(), "assignee_id": None}
    return group.rowcount + connection.execute(own.values(values)).rowcount


def _empty_customer(connection: Connection, customer_id: int) -> None:
    empty = {"key": f"{FORGOTTEN}{customer_id}", "name": "", "language": "", "blocked_at": None}
    row = customers.c.id == customer_id
    connection.execute(update(customers).where(row).values(empty | {"forgotten_at": now()}))
