"""One customer's words, names and numbers leave every table; the counts stay."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    cast,
    delete,
    literal,
    null,
    or_,
    select,
    update,
)

from bot.store.days import drop_days
from bot.store.errors import StoreError
from bot.store.labels import drop_corrections
from bot.store.privacy.ownership import Owned, corrections_about, find_by_key, owned_by, updates_about
from bot.store.records import ForgetReport
from bot.store.saved_views import drop_views_about
from bot.store.search import drop_words, purge
from bot.store.tables.labels import entity_labels, feedback
from bot.store.tables.log import conversations, customers, messages, ratings, understandings, updates
from bot.store.tables.staff_work import drafts, notes, topic_posts, topics
from bot.store.tables.trials import trial_decisions
from bot.store.topic_records import FORGOTTEN_TOPIC
from bot.store.values import FORGOTTEN, now


def forget_customer(connection: Connection, customer_key: str) -> ForgetReport:
    """Remove what one person said and what was said to them; a group's other members keep theirs.

    Kept: that there were so many messages at those times, and the decisions (kind, intent, answer), which
    hold no words of the customer. Raises StoreError for an unknown customer."""
    customer = find_by_key(connection, customer_key)
    if customer is None:
        raise StoreError(f"customer {customer_key!r} is not stored; wanted a key such as telegram:123")
    owned = owned_by(connection, customer)
    theirs, ids = owned.messages, owned.message_ids
    # The order matters: what refers to messages is found through them, before they are emptied.
    gone = corrections_about(connection, owned)
    drop_corrections(connection, gone)
    n_updates = _forget_updates(connection, customer.key)
    n_feedback = _forget_feedback(connection, theirs, customer.key)
    drop_days(connection, connection.execute(select(messages.c.at).where(theirs)).scalars())
    removed = connection.execute(delete(understandings).where(understandings.c.message_id.in_(ids)))
    marked = entity_labels.c.message_id.in_(ids)
    connection.execute(delete(entity_labels).where(marked))
    numbers = connection.execute(ids).scalars().all()
    drop_views_about(connection, set(numbers), customer.name)
    drop_words(connection, numbers)
    purge(connection)
    n_messages = _empty_messages(connection, theirs)
    _forget_beside_messages(connection, owned)
    n_conversations = _empty_conversations(connection, owned)
    _empty_customer(connection, customer.id)
    # Last: a shadow's decision that is being written holds the customer's row until it is there.
    connection.execute(delete(trial_decisions).where(trial_decisions.c.message_id.in_(ids)))
    return ForgetReport(
        customer_id=customer.id,
        conversations=n_conversations,
        messages=n_messages,
        understandings=removed.rowcount,
        feedback=n_feedback,
        corrections=len(gone),
        updates=n_updates,
    )


def _forget_updates(connection: Connection, customer_key: str) -> int:
    ids = updates_about(connection, customer_key)
    emptied = update(updates).where(updates.c.id.in_(ids)).values(payload=null(), finished_at=now())
    connection.execute(emptied)
    return len(ids)


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


def _forget_beside_messages(connection: Connection, owned: Owned) -> None:
    """Of all conversations they spoke in the notes, which may quote them, what was said to a score, which stays,
    the bot's drafts, and what stands in the staff group; the desk deletes the topics themselves, which takes Telegram."""
    spoke = owned.spoke_in
    connection.execute(delete(drafts).where(drafts.c.conversation_id.in_(spoke)))
    connection.execute(delete(topic_posts).where(topic_posts.c.conversation_id.in_(spoke)))
    shown = update(topics).where(topics.c.conversation_id.in_(spoke))
    connection.execute(shown.values(status=FORGOTTEN_TOPIC, title="", subject=""))
    connection.execute(delete(notes).where(notes.c.conversation_id.in_(spoke)))
    commented = update(ratings).where(ratings.c.conversation_id.in_(spoke))
    connection.execute(commented.values(comment=""))


def _empty_conversations(connection: Connection, owned: Owned) -> int:
    """Those they were alone in lose their key as well; of a shared one the state goes, for it may hold their words."""
    shared = conversations.c.id.in_(owned.spoke_in) & conversations.c.id.not_in(owned.alone)
    group = connection.execute(update(conversations).where(shared).values(state={}))
    key = literal(FORGOTTEN) + cast(conversations.c.id, Text)
    own = update(conversations).where(conversations.c.id.in_(owned.alone))
    values = {"key": key, "state": {}, "status": "bot", "status_since": now(), "assignee_id": None}
    return group.rowcount + connection.execute(own.values(values)).rowcount


def _empty_customer(connection: Connection, customer_id: int) -> None:
    empty = {"key": f"{FORGOTTEN}{customer_id}", "name": "", "language": "", "blocked_at": None}
    row = customers.c.id == customer_id
    connection.execute(update(customers).where(row).values(empty | {"forgotten_at": now()}))
