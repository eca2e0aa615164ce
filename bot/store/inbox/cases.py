"""A conversation with all that is known of it, for those who take it over."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from bot.store.inbox.lists import person_from
from bot.store.inbox.views import Case, Changed, Entry, Labelled, Noted, Person, Spoken, Understood
from bot.store.labels.entities import marked_in
from bot.store.labels.labels import standing_corrections_of
from bot.store.tables.accounts import staff
from bot.store.tables.labels import feedback
from bot.store.tables.log import (
    conversations,
    custody_changes,
    customers,
    decisions,
    messages,
    ratings,
    understandings,
)
from bot.store.tables.staff_work import notes
from bot.store.values import FORGOTTEN, decision_from, entities_from

MOST = 500  # messages at once


def case(
    connection: Connection, conversation_id: int, *, before: int | None, since: int | None, limit: int
) -> Case | None:
    """A conversation with its last `limit` messages, more where the message `since` lies further back, or those before
    the message `before`; None where there is none, or its customer is forgotten."""
    query = (
        select(conversations, customers.c.name.label("customer"), customers.c.language)
        .join(customers, customers.c.id == conversations.c.customer_id)
        .where(conversations.c.id == conversation_id, ~conversations.c.key.startswith(FORGOTTEN))
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    people = _people(connection)
    if since is not None:
        limit = max(limit, _count_since(connection, conversation_id, since))
    spoken = _spoken(connection, conversation_id, people, before=before, limit=limit + 1)
    is_cut, spoken = len(spoken) > limit, spoken[-limit:]
    rated = _rating(connection, conversation_id)
    return Case(
        id=row.id,
        key=row.key,
        customer=row.customer,
        channel=row.channel,
        status=row.status,
        since=row.status_since,
        assignee=people.get(row.assignee_id),
        language=row.language or row.state.get("language", ""),
        created_at=row.created_at,
        slots={name: slot["value"] for name, slot in row.state.get("slots", {}).items()},
        entries=_in_order(connection, conversation_id, people, spoken, is_cut=is_cut, is_last=before is None),
        is_cut=is_cut,
        rating=rated.score if rated else None,
        comment=rated.comment if rated else "",
    )


def _count_since(connection: Connection, conversation_id: int, since: int) -> int:
    """How many messages there are from that one on, MOST at most."""
    some = select(messages.c.id).where(messages.c.conversation_id == conversation_id, messages.c.id >= since)
    return int(connection.execute(select(func.count()).select_from(some.limit(MOST).subquery())).scalar_one())


def _people(connection: Connection) -> dict[int | None, Person | None]:
    query = select(staff.c.id, staff.c.name, staff.c.email)
    return {row.id: person_from(row.id, row.name, row.email) for row in connection.execute(query)}


def _spoken(
    connection: Connection,
    conversation_id: int,
    people: dict[int | None, Person | None],
    *,
    before: int | None,
    limit: int,
) -> list[Spoken]:
    query = select(messages).where(messages.c.conversation_id == conversation_id)
    if before is not None:
        query = query.where(messages.c.id < before)
    rows = connection.execute(query.order_by(messages.c.id.desc()).limit(limit)).all()[::-1]
    ids = [row.id for row in rows]
    understood, decided = (
        _by_message(connection, select(understandings), ids),
        _by_message(connection, select(decisions), ids),
    )
    labels = {
        row.message_id: Labelled(row.id, row.intent, row.by, row.answer_id)
        for row in standing_corrections_of(connection, ids)
    }
    marks = marked_in(connection, ids)
    opinions: dict[int, list[str]] = {}
    for opinion in connection.execute(select(feedback).where(feedback.c.message_id.in_(ids))):
        opinions.setdefault(opinion.message_id, []).append(opinion.value)
    return [
        Spoken(
            id=row.id,
            at=row.at,
            speaker=row.speaker,
            kind=row.kind,
            text=row.text,
            person=people.get(row.staff_id),
            buttons=tuple(button["label"] for button in row.buttons),
            delivery=row.delivery,
            failure=row.failure,
            was_edited=bool(row.versions),
            understood=_understood(understood[row.id]) if row.id in understood else None,
            decision=decision_from(decided[row.id]) if row.id in decided else None,
            labelled=labels.get(row.id),
            opinions=tuple(opinions.get(row.id, ())),
            external_id=row.external_id or "",
            quotes=row.quotes,
            marked=marks[row.id][0] if row.id in marks else None,
            marked_by=marks[row.id][1] if row.id in marks else "",
        )
        for row in rows
    ]


def _by_message(connection: Connection, query: Select[Any], ids: Sequence[int]) -> dict[int, Row[Any]]:
    [table] = query.get_final_froms()
    return {row.message_id: row for row in connection.execute(query.where(table.c.message_id.in_(ids)))}


def _understood(row: Row[Any]) -> Understood:
    return Understood(
        release=row.release,
        intents=tuple((intent, prob) for intent, prob in row.intents),
        class_intents=tuple((intent, prob) for intent, prob in row.class_intents),
        confidence=row.confidence,
        scope_prob=row.scope_prob,
        candidates=tuple((name, prob) for name, prob in row.candidates),
        entities=entities_from(row.entities),
        sentiment=row.sentiment,
        language=row.language,
    )


def _in_order(
    connection: Connection,
    conversation_id: int,
    people: dict[int | None, Person | None],
    spoken: Sequence[Spoken],
    *,
    is_cut: bool,
    is_last: bool,
) -> tuple[Entry, ...]:
    """With the notes and moves of the same stretch of time."""
    others: list[Entry] = []
    for row in connection.execute(select(notes).where(notes.c.conversation_id == conversation_id)):
        others.append(Noted(row.id, row.at, people.get(row.staff_id), row.text, row.external_id or ""))
    moves = select(custody_changes).where(custody_changes.c.conversation_id == conversation_id)
    for row in connection.execute(moves.order_by(custody_changes.c.id)):
        by, to = people.get(row.staff_id), people.get(row.assignee_id)
        others.append(Changed(row.id, row.at, row.status, row.reason, by, to))
    if spoken:
        begins, ends = spoken[0].at, spoken[-1].at
        others = [one for one in others if (not is_cut or one.at >= begins) and (is_last or one.at <= ends)]
    # Customers' messages bear the channel's time, which may be seconds off: their ids are the order.
    return tuple(_merged(spoken, sorted(others, key=attrgetter("at"))))


def _merged(spoken: Sequence[Spoken], others: Sequence[Entry]) -> list[Entry]:
    """Both in one order, messages among themselves by id."""
    merged: list[Entry] = []
    rest = list(others)
    latest = None
    for one in spoken:
        latest = one.at if latest is None else max(latest, one.at)
        while rest and rest[0].at < latest:
            merged.append(rest.pop(0))
        merged.append(one)
    return [*merged, *rest]


def _rating(connection: Connection, conversation_id: int) -> Row[Any] | None:
    query = select(ratings).where(ratings.c.conversation_id == conversation_id, ratings.c.score.is_not(None))
    return connection.execute(query.order_by(ratings.c.id.desc()).limit(1)).one_or_none()
