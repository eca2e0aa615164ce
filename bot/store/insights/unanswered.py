"""What customers asked in vain, in their words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from bot.store.insights.counting import UNANSWERED
from bot.store.labels.review import is_open
from bot.store.tables.log import decisions, messages, understandings


@dataclass(frozen=True, slots=True)
class Example:
    """A message without an answer, and why it had none; `intent` is what it was taken for."""

    message_id: int
    conversation_id: int
    at: datetime
    text: str
    reason: str
    customer_id: int = 0
    intent: str | None = None


def latest(
    connection: Connection, begin: datetime, end: datetime, *, limit: int, only_open: bool = False
) -> list[Example]:
    """The newest first; with `only_open` but for those that staff labelled or passed over. Found by the index over reasons: messages are numbered in the order they came, so those of
    the time lie between two numbers, give or take what arrived late."""
    bounds = _numbers(connection, begin, end)
    if bounds is None:
        return []
    found: list[Example] = []
    for reason in UNANSWERED:
        query = (
            select(
                *(messages.c[name] for name in ("id", "conversation_id", "customer_id", "at", "text")),
                understandings.c.intent,
            )
            .join(decisions, decisions.c.message_id == messages.c.id)
            .outerjoin(understandings, understandings.c.message_id == messages.c.id)
            .where(decisions.c.reason == reason, decisions.c.message_id.between(*bounds))
            .where(messages.c.at >= begin, messages.c.at < end, messages.c.text != "")
            .order_by(decisions.c.message_id.desc())
            .limit(limit)
        )
        if only_open:
            query = query.where(is_open())
        found += [
            Example(row.id, row.conversation_id, row.at, row.text, reason, row.customer_id, row.intent)
            for row in connection.execute(query)
        ]
    return sorted(found, key=lambda one: -one.message_id)[:limit]


def texts_of(connection: Connection, message_ids: Sequence[int]) -> list[str]:
    """What customers said in these messages, in their order; what is unknown or forgotten is left out."""
    query = select(messages.c.id, messages.c.text).where(
        messages.c.id.in_(message_ids), messages.c.speaker == "customer", messages.c.text != ""
    )
    found = {row.id: row.text for row in connection.execute(query)}
    return [found[number] for number in dict.fromkeys(message_ids) if number in found]


def _numbers(connection: Connection, begin: datetime, end: datetime) -> tuple[int, int] | None:
    """The ids of the first and the last customer's message of a time."""
    spoken = select(messages.c.id).where(
        messages.c.speaker == "customer", messages.c.at >= begin, messages.c.at < end
    )
    first = connection.execute(spoken.order_by(messages.c.at).limit(1)).scalar_one_or_none()
    last = connection.execute(spoken.order_by(messages.c.at.desc()).limit(1)).scalar_one_or_none()
    return None if first is None or last is None else (first, last)
