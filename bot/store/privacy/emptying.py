"""Rows that lose what a person said and who they are, and stay: that there was a message, and when, is counted."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Text, cast, delete, literal, update

from bot.store.tables.labels import entity_labels, feedback
from bot.store.tables.log import conversations, customers, messages, ratings, understandings
from bot.store.tables.staff_work import drafts, notes, topic_posts, topics
from bot.store.topics.records import FORGOTTEN_TOPIC
from bot.store.values import FORGOTTEN, now

Ids = Select[Any] | list[int]


def drop_understood(connection: Connection, message_ids: Ids) -> int:
    """Delete what was made of messages, and what staff marked in them; how many had been understood."""
    connection.execute(delete(entity_labels).where(entity_labels.c.message_id.in_(message_ids)))
    made = delete(understandings).where(understandings.c.message_id.in_(message_ids))
    return connection.execute(made).rowcount


def empty_feedback(connection: Connection, which: ColumnElement[bool]) -> int:
    """The opinion stays, whose it was goes. `by` becomes unique by its own id, as the constraint wants."""
    nobody = literal(FORGOTTEN) + cast(feedback.c.id, Text)
    return connection.execute(update(feedback).where(which).values(by=nobody)).rowcount


def empty_messages(connection: Connection, which: ColumnElement[bool]) -> int:
    empty: dict[str, Any] = {"text": "", "versions": [], "attachment": "", "buttons": [], "failure": ""}
    empty |= {"external_id": None, "delivered_as": None, "sender": None}
    waiting = messages.c.delivery.in_(("pending", "sending"))
    connection.execute(update(messages).where(which, waiting).values(delivery="failed"))
    return connection.execute(update(messages).where(which).values(empty)).rowcount


def drop_beside_messages(connection: Connection, conversation_ids: Ids) -> None:
    """The notes, which may quote customers, what was said to a score, which stays, the bot's drafts, and what stands
    in the staff group; the desk deletes the topics themselves, which takes Telegram."""
    for table in (drafts, topic_posts, notes):
        connection.execute(delete(table).where(table.c.conversation_id.in_(conversation_ids)))
    shown = update(topics).where(topics.c.conversation_id.in_(conversation_ids))
    connection.execute(shown.values(status=FORGOTTEN_TOPIC, title="", subject=""))
    commented = update(ratings).where(ratings.c.conversation_id.in_(conversation_ids))
    connection.execute(commented.values(comment=""))


def empty_conversations(connection: Connection, conversation_ids: Ids) -> int:
    """They lose their key and what they remember."""
    key = literal(FORGOTTEN) + cast(conversations.c.id, Text)
    values = {"key": key, "state": {}, "status": "bot", "status_since": now(), "assignee_id": None}
    emptied = update(conversations).where(conversations.c.id.in_(conversation_ids)).values(values)
    return connection.execute(emptied).rowcount


def empty_customers(connection: Connection, customer_ids: Ids) -> int:
    """They lose their key, which is the channel's name of them, their own name and their language."""
    key = literal(FORGOTTEN) + cast(customers.c.id, Text)
    values = {"key": key, "name": "", "language": "", "blocked_at": None, "forgotten_at": now()}
    emptied = update(customers).where(customers.c.id.in_(customer_ids)).values(values)
    return connection.execute(emptied).rowcount


def is_emptied(table: Any) -> ColumnElement[bool]:
    """Whether a conversation or a customer lost its key."""
    found: ColumnElement[bool] = table.c.key.like(f"{FORGOTTEN}%")
    return found


def said_something() -> ColumnElement[bool]:
    """Whether a message isn't emptied: what came in has the channel's id of it, what went out has words or shows
    something."""
    return (messages.c.text != "") | (messages.c.attachment != "") | messages.c.external_id.is_not(None)
