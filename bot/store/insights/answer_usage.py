"""How often each answer was given, and what customers made of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, select

from bot.store.numbering import numbers_since
from bot.store.tables.labels import feedback
from bot.store.tables.log import custody_changes, decisions, messages

SOON = timedelta(hours=1)  # a hand-over that comes later has other causes
CLOCKS_DIFFER = timedelta(minutes=1)  # a message has its channel's time, a hand-over ours

_ANSWER_BEFORE = (
    select(decisions.c.answer_id)
    .join(messages, messages.c.id == decisions.c.message_id)
    .where(messages.c.conversation_id == bindparam("conversation_id"), messages.c.speaker == "customer")
    .where(messages.c.at >= bindparam("since"), messages.c.at <= bindparam("until"))
    .where(decisions.c.kind == "answer", decisions.c.answer_id.is_not(None))
    .order_by(messages.c.id.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Usage:
    """Of one answer: how often it was given, found helpful or not, and was the last that was said by the bot within an
    hour before a person was called."""

    given: int = 0
    helpful: int = 0
    not_helpful: int = 0
    handed_over: int = 0

    @property
    def opinions(self) -> int:
        return self.helpful + self.not_helpful


@dataclass(frozen=True, slots=True)
class Given:
    """A message that got the answer."""

    message_id: int
    conversation_id: int
    at: datetime
    text: str


def usage_since(connection: Connection, answer_ids: Sequence[str], since: datetime) -> dict[str, Usage]:
    """Of each of these answers."""
    given = _given(connection, answer_ids, since)
    opinions = _opinions(connection, since)
    handed_over = _handed_over(connection, since)
    return {
        one: Usage(given[one], opinions[one, "helpful"], opinions[one, "not_helpful"], handed_over[one])
        for one in answer_ids
    }


def latest_given(connection: Connection, answer_id: str, limit: int) -> list[Given]:
    """The newest first."""
    query = (
        select(messages.c.id, messages.c.conversation_id, messages.c.at, messages.c.text)
        .join(decisions, decisions.c.message_id == messages.c.id)
        .where(decisions.c.answer_id == answer_id)
        .order_by(decisions.c.message_id.desc())
        .limit(limit)
    )
    return [Given(row.id, row.conversation_id, row.at, row.text) for row in connection.execute(query)]


def log_begins(connection: Connection) -> datetime | None:
    """When the first message was written; None without one."""
    query = select(messages.c.at).order_by(messages.c.id).limit(1)
    return connection.execute(query).scalar_one_or_none()


def _given(connection: Connection, answer_ids: Sequence[str], since: datetime) -> Counter[str]:
    first = numbers_since(connection, since)
    if first is None:
        return Counter()
    query = (
        select(decisions.c.answer_id, func.count())
        .where(decisions.c.answer_id.in_(answer_ids), decisions.c.message_id >= first)
        .group_by(decisions.c.answer_id)
    )
    return Counter({str(answer_id): n for answer_id, n in connection.execute(query)})


def _opinions(connection: Connection, since: datetime) -> Counter[tuple[str, str]]:
    query = (
        select(decisions.c.answer_id, feedback.c.value, func.count())
        .select_from(feedback)
        .join(messages, messages.c.id == feedback.c.message_id)
        .join(decisions, decisions.c.message_id == messages.c.in_reply_to)
        .where(feedback.c.at >= since, feedback.c.value.in_(("helpful", "not_helpful")))
        .where(decisions.c.answer_id.is_not(None))
        .group_by(decisions.c.answer_id, feedback.c.value)
    )
    return Counter({(str(answer_id), value): n for answer_id, value, n in connection.execute(query)})


def answer_before(connection: Connection, conversation_id: int, at: datetime) -> str | None:
    """What the bot had answered last, SOON before at most; None where it had not. Kept with a hand-over as it happens: to
    look for it later means to read all messages of all conversations that people had."""
    moment = {"conversation_id": conversation_id, "since": at - SOON, "until": at + CLOCKS_DIFFER}
    return connection.execute(_ANSWER_BEFORE, moment).scalar_one_or_none()


def _handed_over(connection: Connection, since: datetime) -> Counter[str]:
    """By the answer that was given last before; where a person always answers, nobody failed."""
    handed = custody_changes.c
    query = (
        select(handed.after_answer, func.count())
        .where(handed.at >= since, handed.status == "waiting", handed.reason != "always_a_person")
        .where(handed.after_answer.is_not(None))
        .group_by(handed.after_answer)
    )
    return Counter({str(answer_id): n for answer_id, n in connection.execute(query)})
