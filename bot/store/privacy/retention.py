"""What has served its time goes: counted first, then in steps of BATCH rows, so that no customer waits.

The steps may be broken off and begun anew at any time: each is a transaction, and finds what is left."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Table,
    and_,
    delete,
    exists,
    func,
    select,
    true,
    update,
)

from bot.messages import WITH_PEOPLE
from bot.store.audit import write_audit
from bot.store.databases.database import Database
from bot.store.inbox.search import drop_words, purge
from bot.store.labels.labels import drop_corrections
from bot.store.privacy.emptying import (
    drop_beside_messages,
    drop_understood,
    empty_conversations,
    empty_customers,
    empty_feedback,
    empty_messages,
    is_emptied,
    said_something,
)
from bot.store.tables.accounts import audit
from bot.store.tables.drift import drift_warnings
from bot.store.tables.figures import alerts
from bot.store.tables.labels import corrections, feedback
from bot.store.tables.log import conversations, customers, messages, ratings, updates
from bot.store.tables.staff_work import drafts, notes, topic_posts

BATCH = 500  # rows at a time
ACTION = "retention"  # in the audit log, once a run is over

# The order they are gone through in: what refers to messages before these.
Kind = Literal[
    "labels",
    "attachments",
    "messages",
    "notes",
    "conversations",
    "customers",
    "updates",
    "alerts",
    "warnings",
    "audit",
]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Due:
    """So many rows would go now, and from when the oldest is."""

    kind: Kind
    rows: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class _Way:
    """How one kind goes: which rows of a table, by which time, and what is done to them."""

    table: Table
    at: Column[Any] | ColumnElement[Any]
    which: ColumnElement[bool]
    remove: Callable[[Connection, list[int]], None]


class Retention:
    """What the log keeps for a time only; `Store.retention`. `before` says for each kind until when what is older
    goes; a kind that isn't in it is kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def preview(self, before: Mapping[Kind, datetime]) -> list[Due]:
        """What a run would remove now; nothing is changed."""
        return await self._database.read(_preview, before)

    async def step(self, kind: Kind, before: datetime) -> int:
        """Remove some; how many there were, 0 where none is left."""
        return await self._database.write(_step, kind, before)

    async def end(self, removed: Mapping[str, int]) -> None:
        """Leave no traces of what was removed, and note the run in the audit log."""
        await self._database.write(_end, removed)
        await self._database.erase_traces(rewrite=False)

    async def last_run(self) -> datetime | None:
        return await self._database.read(_last_run)


def _preview(connection: Connection, before: Mapping[Kind, datetime]) -> list[Due]:
    found = []
    for kind in KINDS:
        if kind in before:
            way = _WAYS[kind](before[kind])
            query = select(func.count(), func.min(way.at)).select_from(way.table).where(way.which)
            rows, oldest = connection.execute(query).one()
            found.append(Due(kind, rows, oldest))
    return found


def _step(connection: Connection, kind: Kind, before: datetime) -> int:
    way = _WAYS[kind](before)
    some = select(way.table.c.id).where(way.which).order_by(way.table.c.id).limit(BATCH)
    # Held, and looked at once more if it was changed meanwhile: who writes now is no longer silent.
    ids = list(connection.execute(some.with_for_update()).scalars())
    if ids:
        way.remove(connection, ids)
    return len(ids)


def _end(connection: Connection, removed: Mapping[str, int]) -> None:
    if removed.get("messages") or removed.get("masked"):
        purge(connection)
    counts: dict[str, Any] = {kind: number for kind, number in removed.items() if number}
    write_audit(connection, None, ACTION, **counts)


def _last_run(connection: Connection) -> datetime | None:
    found: datetime | None = connection.execute(
        select(func.max(audit.c.at)).where(audit.c.action == ACTION)
    ).scalar_one()
    return found


def _is_with_bot() -> ColumnElement[bool]:
    """Conversations that no person of the staff has or is waited for."""
    held = select(conversations.c.id).where(conversations.c.status.in_(WITH_PEOPLE))
    return messages.c.conversation_id.not_in(held)


def _messages(before: datetime) -> _Way:
    return _Way(
        messages, messages.c.at, and_(messages.c.at < before, said_something(), _is_with_bot()), _empty
    )


def _empty(connection: Connection, ids: list[int]) -> None:
    empty_feedback(connection, feedback.c.message_id.in_(ids))
    drop_understood(connection, ids)
    drop_words(connection, ids)
    for table in (drafts, topic_posts):
        connection.execute(delete(table).where(table.c.message_id.in_(ids)))
    connection.execute(update(ratings).where(ratings.c.message_id.in_(ids)).values(comment=""))
    empty_messages(connection, messages.c.id.in_(ids))


def _attachments(before: datetime) -> _Way:
    which = and_(messages.c.at < before, messages.c.attachment != "", _is_with_bot())
    return _Way(messages, messages.c.at, which, _empty_attachments)


def _empty_attachments(connection: Connection, ids: list[int]) -> None:
    connection.execute(update(messages).where(messages.c.id.in_(ids)).values(attachment=""))


def _is_over(before: datetime) -> ColumnElement[bool]:
    """Conversations that are silent for so long, and no person has: all that was said in them goes first."""
    last = func.coalesce(conversations.c.last_at, conversations.c.created_at)
    return and_(last < before, conversations.c.status.not_in(WITH_PEOPLE), ~is_emptied(conversations))


def _conversations(before: datetime) -> _Way:
    last = func.coalesce(conversations.c.last_at, conversations.c.created_at)
    return _Way(conversations, last, _is_over(before), _forget_conversations)


def _forget_conversations(connection: Connection, ids: list[int]) -> None:
    drop_beside_messages(connection, ids)
    empty_conversations(connection, ids)


def _customers(before: datetime) -> _Way:
    """Nothing they said and no conversation they began stays."""
    stays = messages.c.customer_id == customers.c.id, said_something()
    said = exists().where(*stays, ~and_(messages.c.at < before, _is_with_bot()))
    goes_on = and_(~_is_over(before), ~is_emptied(conversations))
    began = exists().where(conversations.c.customer_id == customers.c.id, goes_on)
    which = and_(customers.c.created_at < before, ~is_emptied(customers), ~said, ~began)
    return _Way(customers, customers.c.created_at, which, _forget_customers)


def _forget_customers(connection: Connection, ids: list[int]) -> None:
    keys = select(customers.c.key).where(customers.c.id.in_(ids))
    empty_feedback(connection, feedback.c.by.in_(keys))
    empty_customers(connection, ids)


def _labels(before: datetime) -> _Way:
    """Those of before then; an undo of one that is gone has no words, and tells running desks of it."""
    which = and_(corrections.c.at < before, corrections.c.undoes.is_(None))
    return _Way(corrections, corrections.c.at, which, drop_corrections)


def _rows(table: Table, at: Column[Any], which: ColumnElement[bool]) -> Callable[[datetime], _Way]:
    def remove(connection: Connection, ids: list[int]) -> None:
        connection.execute(delete(table).where(table.c.id.in_(ids)))

    return lambda before: _Way(table, at, and_(at < before, which), remove)


# It stays, or the desk would take it for never done.
_NEWEST_RUN = select(func.coalesce(func.max(audit.c.id), 0)).where(audit.c.action == ACTION).scalar_subquery()
_WAYS: dict[Kind, Callable[[datetime], _Way]] = {
    "labels": _labels,
    "attachments": _attachments,
    "messages": _messages,
    "notes": _rows(notes, notes.c.at, true()),
    "conversations": _conversations,
    "customers": _customers,
    "updates": _rows(updates, updates.c.received_at, updates.c.finished_at.is_not(None)),
    "alerts": _rows(alerts, alerts.c.noticed_at, alerts.c.resolved_at.is_not(None)),
    "warnings": _rows(drift_warnings, drift_warnings.c.noticed_at, drift_warnings.c.resolved_at.is_not(None)),
    "audit": _rows(audit, audit.c.at, audit.c.id != _NEWEST_RUN),
}
