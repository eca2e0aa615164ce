"""One customer's words, names and numbers leave every table; the counts stay."""

from sqlalchemy import Connection, delete, null, or_, select, update

from bot.store.errors import StoreError
from bot.store.inbox.saved_views import drop_views_about
from bot.store.inbox.search import drop_words, purge
from bot.store.insights.days import drop_days
from bot.store.labels.labels import drop_corrections
from bot.store.privacy.emptying import (
    drop_beside_messages,
    drop_understood,
    empty_conversations,
    empty_customers,
    empty_feedback,
    empty_messages,
)
from bot.store.privacy.ownership import (
    Owned,
    corrections_about,
    find_by_key,
    owned_by,
    spoken_in,
    updates_about,
)
from bot.store.records import Customer, ForgetReport
from bot.store.tables.labels import feedback
from bot.store.tables.log import conversations, messages, updates
from bot.store.tables.trials import trial_decisions
from bot.store.values import now


def forget_customer(connection: Connection, customer_key: str) -> ForgetReport:
    """Remove what one person said and what was said to them; a group's other members keep theirs.

    Kept: that there were so many messages at those times, and the decisions (kind, intent, answer), which
    hold no words of the customer. Raises StoreError for an unknown customer."""
    customer = find_by_key(connection, customer_key)
    if customer is None:
        raise StoreError(f"customer {customer_key!r} is not stored; wanted a key such as telegram:123")
    _hold(connection, customer)
    owned = owned_by(connection, customer)
    theirs, ids = owned.messages, owned.message_ids
    # The order matters: what refers to messages is found through them, before they are emptied.
    gone = corrections_about(connection, owned)
    drop_corrections(connection, gone)
    n_updates = _forget_updates(connection, customer.key)
    own = or_(feedback.c.by == customer.key, feedback.c.message_id.in_(ids))
    n_feedback = empty_feedback(connection, own)
    drop_days(connection, connection.execute(select(messages.c.at).where(theirs)).scalars())
    n_understood = drop_understood(connection, ids)
    numbers = connection.execute(ids).scalars().all()
    drop_views_about(connection, set(numbers), customer.name)
    drop_words(connection, numbers)
    purge(connection)
    n_messages = empty_messages(connection, theirs)
    drop_beside_messages(connection, owned.spoke_in)
    n_conversations = _empty_shared(connection, owned) + empty_conversations(connection, list(owned.alone))
    empty_customers(connection, [customer.id])
    # Last: a shadow's decision that is being written holds the customer's row until it is there.
    connection.execute(delete(trial_decisions).where(trial_decisions.c.message_id.in_(ids)))
    return ForgetReport(
        customer_id=customer.id,
        conversations=n_conversations,
        messages=n_messages,
        understandings=n_understood,
        feedback=n_feedback,
        corrections=len(gone),
        updates=n_updates,
    )


def _hold(connection: Connection, customer: Customer) -> None:
    """Wait for turns that are being written in their conversations, and let none come between what is read and emptied.
    First of all locks, as in a turn, or each might wait for the other."""
    theirs = or_(conversations.c.customer_id == customer.id, conversations.c.id.in_(spoken_in(customer)))
    held = select(conversations.c.id).where(theirs).order_by(conversations.c.id).with_for_update()
    connection.execute(held).all()


def _forget_updates(connection: Connection, customer_key: str) -> int:
    ids = updates_about(connection, customer_key)
    emptied = update(updates).where(updates.c.id.in_(ids)).values(payload=null(), finished_at=now())
    connection.execute(emptied)
    return len(ids)


def _empty_shared(connection: Connection, owned: Owned) -> int:
    """A conversation with others keeps its key; what it remembers may hold the customer's words."""
    shared = conversations.c.id.in_(owned.spoke_in) & conversations.c.id.not_in(owned.alone)
    return connection.execute(update(conversations).where(shared).values(state={})).rowcount
