"""What two releases did since one of them answers a share of the conversations."""

import math
from collections.abc import Sequence

from sqlalchemy import Connection, Row, func, select
from sqlalchemy.sql import ColumnElement

from bot.store.candidates.records import Mean, Rate, ReleaseRates, Trial, Z
from bot.store.tables.labels import feedback
from bot.store.tables.log import decisions, messages, ratings, understandings

LEAST_RATINGS = 5  # for an interval


def rates(connection: Connection, trial: Trial) -> tuple[ReleaseRates, ReleaseRates]:
    """Of the release that serves, then of the one on trial."""
    return _rates(connection, trial, trial.beside), _rates(connection, trial, trial.release)


def _rates(connection: Connection, trial: Trial, release: str) -> ReleaseRates:
    kinds = (
        select(decisions.c.kind, func.count().label("n"))
        .join(understandings, understandings.c.message_id == decisions.c.message_id)
        .where(understandings.c.release == release, *_during(trial, decisions.c.message_id))
        .group_by(decisions.c.kind)
    )
    by_kind = {row.kind: row.n for row in connection.execute(kinds)}
    total = sum(by_kind.values())
    return ReleaseRates(
        release,
        total,
        answered=Rate(by_kind.get("answer", 0), total),
        asked=Rate(by_kind.get("ask", 0) + by_kind.get("clarify", 0), total),
        handed_over=Rate(by_kind.get("hand_over", 0), total),
        not_helpful=_not_helpful(connection, trial, release),
        rating=_rating(connection, trial, release),
    )


def _not_helpful(connection: Connection, trial: Trial, release: str) -> Rate:
    opinions = (
        select(feedback.c.value, func.count().label("n"))
        .join(messages, messages.c.id == feedback.c.message_id)
        .join(understandings, understandings.c.message_id == messages.c.in_reply_to)
        .where(
            feedback.c.value.in_(("helpful", "not_helpful")),
            understandings.c.release == release,
            *_during(trial, messages.c.in_reply_to),
        )
        .group_by(feedback.c.value)
    )
    found = {row.value: row.n for row in connection.execute(opinions)}
    return Rate(found.get("not_helpful", 0), sum(found.values()))


def _rating(connection: Connection, trial: Trial, release: str) -> Mean:
    """Of conversations whose last message before they were rated that release understood."""
    read = understandings.alias()
    last = (
        select(func.max(read.c.message_id))
        .join(messages, messages.c.id == read.c.message_id)
        .where(
            messages.c.conversation_id == ratings.c.conversation_id,
            messages.c.id < ratings.c.message_id,
            read.c.release != "",
        )
        .correlate(ratings)
        .scalar_subquery()
    )
    scores = (
        select(ratings.c.score)
        .select_from(ratings)
        .join(understandings, understandings.c.message_id == last)
        .where(
            ratings.c.score.is_not(None),
            understandings.c.release == release,
            *_during(trial, ratings.c.message_id),
        )
    )
    return _mean(connection.execute(scores).all())


def _mean(rows: Sequence[Row[tuple[int]]]) -> Mean:
    scores = [row.score for row in rows]
    if not scores:
        return Mean(0, None, None)
    n, mean = len(scores), sum(scores) / len(scores)
    if n < LEAST_RATINGS:
        return Mean(n, mean, None)
    deviation = math.sqrt(sum((score - mean) ** 2 for score in scores) / (n - 1))
    half = Z * deviation / math.sqrt(n)
    return Mean(n, mean, (max(1.0, mean - half), min(5.0, mean + half)))


def _during(trial: Trial, message_id: ColumnElement[int]) -> tuple[ColumnElement[bool], ...]:
    begun = message_id > trial.after_message_id
    return (begun,) if trial.last_message_id is None else (begun, message_id <= trial.last_message_id)
