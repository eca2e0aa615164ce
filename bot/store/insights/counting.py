"""Counts a stretch of time straight from the log."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    case,
    cast,
    extract,
    func,
    or_,
    select,
    type_coerce,
)

from bot.messages import WITH_PEOPLE
from bot.store.insights.figures import HOURS, Figures, Mood, Series
from bot.store.insights.waits import count_handovers, waits
from bot.store.sealing.columns import OpenedJsonText
from bot.store.sealing.keyring import SEALED
from bot.store.tables.labels import feedback
from bot.store.tables.log import custody_changes, decisions, messages, understandings

UNHAPPY = frozenset({"negative", "angry"})
PRODUCT = '"label": "product"'  # in the JSON of entities
N_TOLD = 8  # columns of what a message tells
UNANSWERED = ("out_of_scope", "out_of_scope_twice", "uncertain", "still_uncertain", "no_answer")


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `begin` on, before `end`; of one day in `zone`, so that hours of the day are hours since midnight."""

    begin: datetime
    end: datetime
    zone: tzinfo


def count_figures(connection: Connection, stretch: Stretch) -> Figures:
    """Everything of a stretch."""
    tally = _tally(connection, stretch)
    opinions = _opinions(connection, stretch)
    waited = waits(connection, stretch.begin, stretch.end)
    return Figures(
        messages=sum(tally.hours),
        conversations=len(tally.conversations),
        resolved=_count_resolved(connection, stretch, tally.conversations),
        outcomes=tally.outcomes,
        unanswered=tally.unanswered,
        intents=tally.intents,
        moods=tally.moods,
        hours=tally.hours,
        handovers=count_handovers(connection, stretch.begin, stretch.end),
        waits_s=waited.replies_s,
        closings_s=waited.closings_s,
        helpful=opinions["helpful"],
        not_helpful=opinions["not_helpful"],
    )


def said_between(begin: datetime, end: datetime) -> ColumnElement[bool]:
    """What customers said; edits change what was said before and don't count again."""
    return and_(
        messages.c.speaker == "customer",
        messages.c.at >= begin,
        messages.c.at < end,
        messages.c.kind != "edit",
    )


def intent_of() -> ColumnElement[str]:
    """What a message was taken to ask for, "" where that isn't known; what people have is taken for what it is like."""
    return func.coalesce(
        case((decisions.c.message_id.is_not(None), decisions.c.intent), else_=understandings.c.intent), ""
    )


def outcome_of() -> ColumnElement[str]:
    """What became of a message."""
    before = (
        select(custody_changes.c.status)
        .where(
            custody_changes.c.conversation_id == messages.c.conversation_id,
            custody_changes.c.at <= messages.c.at,
        )
        .order_by(custody_changes.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return case(
        (decisions.c.kind.is_not(None), decisions.c.kind), (before.in_(WITH_PEOPLE), "person"), else_="none"
    )


def spoken(which: ColumnElement[bool]) -> Select[Any]:
    """What customers said, in order, with what was made of it: conversation, channel, intent, sentiment, and
    the JSON of its entities where a product is among them, else ""."""
    # The two databases take JSON apart differently, and most messages have no product: the others are read here.
    entities = cast(understandings.c.entities, Text)
    return (
        select(
            messages.c.conversation_id,
            messages.c.channel,
            intent_of(),
            understandings.c.sentiment,
            _products(entities),
        )
        .outerjoin(understandings, understandings.c.message_id == messages.c.id)
        .outerjoin(decisions, decisions.c.message_id == messages.c.id)
        .where(which)
        .order_by(messages.c.id)
    )


def _products(entities: ColumnElement[str]) -> ColumnElement[str]:
    """The JSON of entities that may be products; what is sealed is looked into by whoever has opened it."""
    may_be = or_(entities.contains(PRODUCT), entities.contains(SEALED))
    return type_coerce(case((may_be, entities), else_=""), OpenedJsonText("understandings.entities"))


def series_of(channel: str, intent: str, entities: str) -> tuple[Series, ...]:
    """The series that a message belongs to; `entities` is JSON, "" without a product."""
    found: list[Series] = [("all", ""), ("channel", channel)]
    if intent:
        found.append(("intent", intent))
    if entities:
        named = (one for one in json.loads(entities) if one["label"] == "product")
        found += dict.fromkeys(("product", one["value"] or one["text"]) for one in named)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Tally:
    """What one pass over the messages gives: quicker here than the several it takes in SQL."""

    conversations: set[int]
    outcomes: Counter[str]
    unanswered: Counter[str]
    intents: Counter[str]
    moods: dict[Series, Mood]
    hours: tuple[int, ...]


def _tally(connection: Connection, stretch: Stretch) -> _Tally:
    begin_s = int(stretch.begin.timestamp())
    elapsed = (_seconds(connection, messages.c.at) - begin_s) // 3600
    query = spoken(said_between(stretch.begin, stretch.end))
    rows = connection.execute(query.add_columns(outcome_of(), decisions.c.reason, elapsed)).all()
    # Column by column, which is several times as quick as row by row.
    columns: list[tuple[Any, ...]] = list(zip(*rows, strict=True)) or [()] * N_TOLD
    conversations, channels, intents, sentiments, products, outcomes, reasons, hours = columns
    asked = set(zip(conversations, intents, strict=True))
    reasons_met = Counter(reasons)
    return _Tally(
        conversations=set(conversations),
        outcomes=Counter(outcomes),
        unanswered=Counter({reason: reasons_met[reason] for reason in UNANSWERED if reason in reasons_met}),
        intents=Counter(intent for _, intent in asked if intent),
        moods=_moods(zip(conversations, channels, intents, sentiments, products, strict=True)),
        hours=_hours(Counter(hours), stretch),
    )


def _moods(several: Iterable[tuple[int, str, str, str | None, str]]) -> dict[Series, Mood]:
    """By series; of what `spoken` gives."""
    upset: set[int] = set()
    felt: dict[tuple[str, str, str, bool, bool], int] = {}
    for conversation, channel, intent, sentiment, entities in several:
        if sentiment is not None:
            is_unhappy = sentiment in UNHAPPY
            key = channel, intent, entities, is_unhappy, conversation not in upset
            felt[key] = felt.get(key, 0) + 1
            if is_unhappy:
                upset.add(conversation)
    sums: dict[Series, list[int]] = {}
    for (channel, intent, entities, is_unhappy, is_first), n in felt.items():
        for series in series_of(channel, intent, entities):
            mood = sums.setdefault(series, [0, 0, 0, 0])
            mood[0] += n
            mood[1] += n * is_unhappy
            mood[2] += n * is_first
            mood[3] += n * (is_unhappy and is_first)
    return {series: Mood(*mood) for series, mood in sums.items()}


def _hours(elapsed: Mapping[int, int], stretch: Stretch) -> tuple[int, ...]:
    """By hour of the day; when clocks are put back one hour is there twice."""
    hours = [0] * HOURS
    for n_hours, n in elapsed.items():
        at = stretch.begin + timedelta(hours=int(n_hours))
        hours[at.astimezone(stretch.zone).hour] += n
    return tuple(hours)


def _count_resolved(connection: Connection, stretch: Stretch, conversations: set[int]) -> int:
    """How many of these were closed by staff within the stretch, or never with people in it and without a reply that
    was called not helpful."""
    talked = select(messages.c.conversation_id).where(said_between(stretch.begin, stretch.end))
    moved = (
        select(custody_changes.c.conversation_id, custody_changes.c.status, custody_changes.c.at)
        .where(custody_changes.c.conversation_id.in_(talked), custody_changes.c.at < stretch.end)
        .order_by(custody_changes.c.id)
    )
    met: dict[int, str] = {}  # as the stretch begins
    with_people: set[int] = set()
    closed: set[int] = set()
    for conversation, status, at in connection.execute(moved):
        if at < stretch.begin:
            met[conversation] = status
        elif status == "closed":
            closed.add(conversation)
        elif status in WITH_PEOPLE:
            with_people.add(conversation)
    with_people |= {conversation for conversation, status in met.items() if status in WITH_PEOPLE}
    disliked = (
        select(messages.c.conversation_id)
        .join(feedback, feedback.c.message_id == messages.c.id)
        .where(feedback.c.value == "not_helpful")
        .where(feedback.c.at >= stretch.begin, feedback.c.at < stretch.end)
    )
    unresolved = with_people | set(connection.execute(disliked).scalars())
    return len(conversations - (unresolved - closed))


def _opinions(connection: Connection, stretch: Stretch) -> Counter[str]:
    query = (
        select(feedback.c.value, func.count().label("n"))
        .where(feedback.c.at >= stretch.begin, feedback.c.at < stretch.end)
        .where(feedback.c.value.in_(("helpful", "not_helpful")))
        .group_by(feedback.c.value)
    )
    return Counter({row.value: row.n for row in connection.execute(query)})


def _seconds(connection: Connection, column: ColumnElement[datetime]) -> ColumnElement[int]:
    """Whole seconds since 1970; PostgreSQL gives fractions and would round them."""
    seconds = extract("epoch", column)
    is_whole = connection.dialect.name == "sqlite"
    return seconds if is_whole else cast(func.floor(seconds), BigInteger)
