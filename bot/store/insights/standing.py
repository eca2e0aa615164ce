"""What the log says of a desk at this moment, in a few numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select

from bot.messages import ConversationStatus
from bot.store.delivery import WAITING
from bot.store.labels.labels import stands
from bot.store.tables.labels import corrections, feedback
from bot.store.tables.log import conversations, decisions, messages, updates
from bot.store.tables.retraining import retrainings
from bot.store.values import now

OWN_REASONS = ("confident", "several", "passage")  # answers that the bot found by itself
OPEN: tuple[ConversationStatus, ...] = ("bot", "waiting", "person")


@dataclass(frozen=True, slots=True)
class Standing:
    """`answers`: the bot's own since a time, "all" of them, those "corrected" by staff and those found "not_helpful";
    `conversations` by who has them, `replies` that wait by channel, `updates` that are not handled."""

    answers: Mapping[str, int]
    conversations: Mapping[str, int]
    longest_wait_s: float
    replies: Mapping[str, int]
    updates: int
    is_retraining: bool


def standing(connection: Connection, since: datetime) -> Standing:
    """How the desk stands."""
    by_status = select(conversations.c.status, func.count()).where(conversations.c.status.in_(OPEN))
    counted = _counted(connection, by_status.group_by(conversations.c.status))
    waiting = select(func.min(conversations.c.status_since)).where(conversations.c.status == "waiting")
    longest = connection.execute(waiting).scalar_one()
    by_channel = select(messages.c.channel, func.count()).where(messages.c.delivery.in_(WAITING))
    not_handled = select(func.count()).select_from(updates).where(updates.c.finished_at.is_(None))
    retraining = select(func.count()).select_from(retrainings).where(retrainings.c.ended_at.is_(None))
    return Standing(
        answers=_answers(connection, since),
        conversations={status: counted.get(status, 0) for status in OPEN},
        longest_wait_s=(now() - longest).total_seconds() if longest else 0.0,
        replies=_counted(connection, by_channel.group_by(messages.c.channel)),
        updates=connection.execute(not_handled).scalar_one(),
        is_retraining=bool(connection.execute(retraining).scalar_one()),
    )


def _counted(connection: Connection, query: Select[Any]) -> dict[str, int]:
    return {row[0]: row[1] for row in connection.execute(query)}


def _answers(connection: Connection, since: datetime) -> dict[str, int]:
    own = (
        select(func.count(func.distinct(decisions.c.message_id)))
        .join(messages, messages.c.id == decisions.c.message_id)
        .where(messages.c.speaker == "customer", messages.c.at >= since)
        .where(decisions.c.kind == "answer", decisions.c.reason.in_(OWN_REASONS))
    )
    wrong = and_(
        corrections.c.message_id == decisions.c.message_id,
        corrections.c.intent != decisions.c.intent,
        stands(),
    )
    replies = messages.alias("replies")
    unhelpful = (
        own.join(replies, replies.c.in_reply_to == messages.c.id)
        .join(feedback, feedback.c.message_id == replies.c.id)
        .where(feedback.c.value == "not_helpful")
    )
    return {
        "all": connection.execute(own).scalar_one(),
        "corrected": connection.execute(own.join(corrections, wrong)).scalar_one(),
        "not_helpful": connection.execute(unhelpful).scalar_one(),
    }
