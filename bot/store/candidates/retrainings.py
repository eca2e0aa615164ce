"""Retrainings under way and over, and the schedule they follow; one transaction a call."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Row, and_, insert, or_, select, update
from sqlalchemy.sql import ColumnElement

from bot.store.audit import write_audit
from bot.store.candidates.trials import end_trial_of
from bot.store.databases.database import Database
from bot.store.databases.locks import one_at_a_time
from bot.store.databases.upsert import insert_new
from bot.store.errors import StoreError
from bot.store.inbox.views import Person
from bot.store.tables.retraining import retraining_schedule, retraining_steps, retrainings
from bot.store.values import now, storable

Status = Literal["asked", "running", "paused", "shadow", "done", "refused", "failed", "stopped"]
StepStatus = Literal["running", "done", "failed"]

# In their order; bot/commands/retraining/steps.py has what each does.
STEPS = ("export", "merge", "train", "evaluate", "gate", "shadow", "promote")
OPEN = "open"
ONLY_ONE = 1  # the id of the schedule
LOST_AFTER = timedelta(seconds=60)  # without a word from whoever works on it


class RetrainingUnderWay(StoreError):
    """Another retraining isn't over yet."""


@dataclass(frozen=True, slots=True)
class Step:
    """`stage` is what it is at, `done` of `total` parts of it, 0 where nobody knows; `told` what came of it, line by line."""

    name: str
    status: StepStatus
    started_at: datetime
    ended_at: datetime | None
    stage: str
    done: int
    total: int
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Retraining:
    """`asked_by` is "" where the schedule did; `release` is the candidate, "" before there is one; `note` says why it
    ended as it did; `is_lost`: who worked on it hasn't been heard of for a minute."""

    id: int
    status: Status
    asked_by: str
    asked_at: datetime
    ended_at: datetime | None
    release: str
    note: str
    is_lost: bool
    steps: tuple[Step, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

    def step(self, name: str) -> Step | None:
        return next((step for step in self.steps if step.name == name), None)

    def has_done(self, name: str) -> bool:
        step = self.step(name)
        return step is not None and step.status == "done"


@dataclass(frozen=True, slots=True)
class Schedule:
    """`every` as it was written, "" for never."""

    every: str
    set_by: str
    set_at: datetime


class Retrainings:
    """`Store.retrainings`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(self, by: str, *, status: Status = "asked", staff: Person | None = None) -> int:
        """Begin one; its id. `staff` asked for it in the console. Raises RetrainingUnderWay."""
        found = await self._database.write(_ask, by, status, None, staff)
        if found is None:
            raise RetrainingUnderWay("a retraining is under way already; `kefu retrain --list` shows it")
        return found

    async def ask_when_due(self, due: str) -> int | None:
        """Begin the one of a time on the schedule; None where that was done before or another isn't over yet."""
        return await self._database.write(_ask, "", "asked", due, None)

    async def open(self) -> Retraining | None:
        """The one that isn't over."""
        return await self._database.read(_open)

    async def get(self, number: int) -> Retraining | None:
        return await self._database.read(_get, number)

    async def latest(self, limit: int = 20) -> list[Retraining]:
        """The newest first."""
        return await self._database.read(_latest, limit)

    async def take(self, number: int, worker: str) -> bool:
        """Work on it from now on; False where somebody else does, or it is over."""
        return await self._database.write(_take, number, worker)

    async def beat(self, number: int, worker: str) -> bool:
        """Say that it is being worked on; False where it was taken away or stopped."""
        return await self._database.write(_beat, number, worker)

    async def set_status(self, number: int, status: Status, note: str = "") -> None:
        """Anything but asked, running, paused and shadow ends it. What was stopped meanwhile stays so."""
        await self._database.write(_set_status, number, status, note)

    async def stop(self, number: int, by: Person | None, note: str) -> None:
        """End it from outside; whoever works on it notices."""
        await self._database.write(_stop, number, by, note)

    async def set_release(self, number: int, release: str) -> None:
        await self._database.write(_set_release, number, release)

    async def begin_step(self, number: int, name: str) -> None:
        """Once more, too."""
        await self._database.write(_begin_step, number, name)

    async def show_step(self, number: int, name: str, stage: str, done: int, total: int) -> None:
        await self._database.write(_show_step, number, name, stage, done, total)

    async def end_step(self, number: int, name: str, status: StepStatus, told: tuple[str, ...]) -> None:
        await self._database.write(_end_step, number, name, status, told)

    async def schedule(self) -> Schedule | None:
        """None where nobody ever set one."""
        return await self._database.read(_schedule)

    async def set_schedule(self, every: str, by: str, *, staff: Person | None = None) -> None:
        await self._database.write(_set_schedule, every, by, staff)


def _ask(
    connection: Connection, by: str, status: Status, due: str | None, staff: Person | None
) -> int | None:
    one_at_a_time(connection, retrainings)
    if connection.execute(select(retrainings.c.id).where(retrainings.c.open_as == OPEN)).first():
        return None
    values = {
        "status": status,
        "open_as": OPEN,
        "due": due,
        "asked_by": storable(by),
        "asked_at": now(),
    }
    number = insert_new(connection, retrainings, values, ("due",))
    if staff is not None and number is not None:
        write_audit(connection, staff.id, "asked_for_retraining", str(number))
    return number


def _open(connection: Connection) -> Retraining | None:
    return _one(connection, retrainings.c.open_as == OPEN)


def _get(connection: Connection, number: int) -> Retraining | None:
    return _one(connection, retrainings.c.id == number)


def _one(connection: Connection, which: ColumnElement[bool]) -> Retraining | None:
    row = connection.execute(select(retrainings).where(which)).one_or_none()
    return None if row is None else _from(connection, row)


def _latest(connection: Connection, limit: int) -> list[Retraining]:
    query = select(retrainings).order_by(retrainings.c.id.desc()).limit(limit)
    return [_from(connection, row) for row in connection.execute(query).all()]


def _from(connection: Connection, row: Row[Any]) -> Retraining:
    own = retraining_steps.c.retraining_id == row.id
    steps = connection.execute(select(retraining_steps).where(own).order_by(retraining_steps.c.started_at))
    return Retraining(
        row.id, row.status, row.asked_by, row.asked_at, row.ended_at, row.release, row.note,
        row.status == "running" and (row.beat_at is None or row.beat_at < now() - LOST_AFTER),
        tuple(
            Step(one.name, one.status, one.started_at, one.ended_at, one.stage, one.done, one.total, tuple(one.told))
            for one in steps
        ),
    )  # fmt: skip


def _take(connection: Connection, number: int, worker: str) -> bool:
    is_free = or_(
        retrainings.c.status.in_(("asked", "paused", "shadow")),
        retrainings.c.worker == worker,
        retrainings.c.beat_at.is_(None),
        retrainings.c.beat_at < now() - LOST_AFTER,
    )
    which = and_(retrainings.c.id == number, retrainings.c.open_as == OPEN, is_free)
    taken = update(retrainings).where(which).values(status="running", worker=worker, beat_at=now())
    return bool(connection.execute(taken).rowcount)


def _beat(connection: Connection, number: int, worker: str) -> bool:
    which = (retrainings.c.id == number) & (retrainings.c.worker == worker) & (retrainings.c.open_as == OPEN)
    return bool(connection.execute(update(retrainings).where(which).values(beat_at=now())).rowcount)


def _set_status(connection: Connection, number: int, status: Status, note: str) -> None:
    is_over = status not in {"asked", "running", "paused", "shadow"}
    values: dict[str, Any] = {"status": status, "note": storable(note)}
    if is_over:
        values |= {"ended_at": now(), "open_as": None}
    which = (retrainings.c.id == number) & (retrainings.c.open_as == OPEN)
    connection.execute(update(retrainings).where(which).values(values))


def _stop(connection: Connection, number: int, by: Person | None, note: str) -> None:
    met = _get(connection, number)
    if met is not None and met.is_open and met.release:
        end_trial_of(connection, met.release, note)
    _set_status(connection, number, "stopped", note)
    if by is not None:
        write_audit(connection, by.id, "stopped_retraining", str(number))


def _set_release(connection: Connection, number: int, release: str) -> None:
    connection.execute(update(retrainings).where(retrainings.c.id == number).values(release=release))


def _of(number: int, name: str) -> ColumnElement[bool]:
    return (retraining_steps.c.retraining_id == number) & (retraining_steps.c.name == name)


def _begin_step(connection: Connection, number: int, name: str) -> None:
    fresh = {
        "status": "running",
        "started_at": now(),
        "ended_at": None,
        "stage": "",
        "done": 0,
        "total": 0,
        "told": [],
    }
    if not connection.execute(update(retraining_steps).where(_of(number, name)).values(fresh)).rowcount:
        connection.execute(insert(retraining_steps).values(retraining_id=number, name=name, **fresh))


def _show_step(connection: Connection, number: int, name: str, stage: str, done: int, total: int) -> None:
    values = {"stage": stage, "done": done, "total": total}
    connection.execute(update(retraining_steps).where(_of(number, name)).values(values))


def _end_step(
    connection: Connection, number: int, name: str, status: StepStatus, told: tuple[str, ...]
) -> None:
    values = {"status": status, "ended_at": now(), "told": list(told)}
    connection.execute(update(retraining_steps).where(_of(number, name)).values(values))


def _schedule(connection: Connection) -> Schedule | None:
    row = connection.execute(select(retraining_schedule)).one_or_none()
    return None if row is None else Schedule(row.every, row.set_by, row.set_at)


def _set_schedule(connection: Connection, every: str, by: str, staff: Person | None) -> None:
    one_at_a_time(connection, retraining_schedule)
    values = {"every": every, "set_by": storable(by), "set_at": now()}
    if not connection.execute(update(retraining_schedule).values(values)).rowcount:
        connection.execute(insert(retraining_schedule).values(id=ONLY_ONE, **values))
    if staff is not None:
        write_audit(connection, staff.id, "retraining_schedule", every or "never")
