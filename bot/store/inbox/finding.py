"""Messages by their words and by what was made of them."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, select

from bot.store.inbox.search import find_messages
from bot.store.tables.log import conversations, custody_changes, decisions, messages, ratings, understandings

MANY = 5000  # messages with the words, of which those that fit the rest are taken


@dataclass(frozen=True, slots=True)
class Asked:
    """What is searched for; all of it must hold. `words` are those of a message, `rated` the customer's last score of its
    conversation, `handed_over` whether a person ever had that or was waited for; `begins` and `ends` bound its time, the end not included."""

    words: str = ""
    intent: str | None = None
    sentiment: str | None = None
    language: str | None = None
    below: float | None = None  # confidence
    decision: str | None = None
    answer: str | None = None
    channel: str | None = None
    rated: int | None = None
    handed_over: bool | None = None
    begins: datetime | None = None
    ends: datetime | None = None

    @property
    def has_filters(self) -> bool:
        return any(getattr(self, one.name) is not None for one in fields(self) if one.name != "words")


def find(connection: Connection, asked: Asked, *, before: int, limit: int) -> list[int]:
    """Ids of messages below `before`, the newest first."""
    if not asked.has_filters:
        return find_messages(connection, asked.words, before=before, limit=limit)
    number = _number(asked)
    query = _filtered(asked).where(number < before)
    if asked.words.strip():
        found = find_messages(connection, asked.words, before=before, limit=MANY)
        query = query.where(number.in_(found))
    return list(connection.execute(query.order_by(number.desc()).limit(limit)).scalars())


def _number(asked: Asked) -> ColumnElement[int]:
    """The message's id in the table whose index gives those that fit in order: then the newest are found without the
    others."""
    if asked.decision is not None or asked.answer is not None:
        return decisions.c.message_id
    if any(one is not None for one in (asked.intent, asked.sentiment, asked.language, asked.below)):
        return understandings.c.message_id
    return messages.c.id


def _filtered(asked: Asked) -> Select[Any]:
    query = select(messages.c.id)
    equal = {name: getattr(asked, name) for name in ("intent", "sentiment", "language")}
    made = [understandings.c[name] == wanted for name, wanted in equal.items() if wanted is not None]
    if asked.below is not None:
        made.append(understandings.c.confidence < asked.below)
    if made:
        query = query.join(understandings, understandings.c.message_id == messages.c.id).where(*made)
    if asked.decision is not None or asked.answer is not None:
        query = query.join(decisions, decisions.c.message_id == messages.c.id)
        if asked.decision is not None:
            query = query.where(decisions.c.kind == asked.decision)
        if asked.answer is not None:
            query = query.where(decisions.c.answer_id == asked.answer)
    if asked.channel is not None:
        query = query.join(conversations, conversations.c.id == messages.c.conversation_id)
        is_one_of_its_bots = conversations.c.channel.startswith(f"{asked.channel}.", autoescape=True)
        query = query.where((conversations.c.channel == asked.channel) | is_one_of_its_bots)
    if asked.rated is not None:
        rated = exists().where(
            ratings.c.conversation_id == messages.c.conversation_id, ratings.c.score == asked.rated
        )
        query = query.where(rated)
    if asked.handed_over is not None:
        went = exists().where(
            custody_changes.c.conversation_id == messages.c.conversation_id,
            custody_changes.c.status.in_(("waiting", "person")),
        )
        query = query.where(went if asked.handed_over else ~went)
    if asked.begins is not None:
        query = query.where(messages.c.at >= asked.begins)
    if asked.ends is not None:
        query = query.where(messages.c.at < asked.ends)
    return query
