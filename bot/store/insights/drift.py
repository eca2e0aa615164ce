"""What live messages are like: counted day by day, with those farthest from all examples; and the warnings about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, and_, delete, func, select, update

from bot.store.databases.database import Database
from bot.store.databases.upsert import insert_if_new, insert_new
from bot.store.insights.counting import said_between
from bot.store.insights.days import is_settled, stretch_of
from bot.store.tables.drift import drift_days, drift_warnings
from bot.store.tables.log import messages, understandings
from bot.store.values import now
from nlu.profile import Profile, Seen, profile_of


@dataclass(frozen=True, slots=True)
class Warned:
    """A measure that moved; `resolved_at` is None while it lasts."""

    id: int
    release: str
    measure: str
    noticed_at: datetime
    p: float
    distance: float
    n: int
    resolved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Far:
    """A message that is like none that the release learned from; `nearest` is the cosine of the nearest."""

    message_id: int
    conversation_id: int
    at: datetime
    text: str
    nearest: float


class Drift:
    """The side of the log that drift is told by; `Store.drift`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count_next(self, days: Sequence[date], zone: ZoneInfo, release: str, sure_from: float) -> bool:
        """Count the last of these days that is over and isn't counted; False where there is none."""
        counted = await self._database.read(_counted, days, zone, release, sure_from)
        missing = [day for day in days if day not in counted and is_settled(day, zone)]
        if not missing:
            return False
        profile = await self._database.read(_count, max(missing), zone, release, sure_from)
        await self._database.write(_keep, max(missing), zone, release, sure_from, profile)
        return True

    async def profile(self, days: Sequence[date], zone: ZoneInfo, release: str, sure_from: float) -> Profile:
        """What was counted of these days, together."""
        counted = await self._database.read(_counted, days, zone, release, sure_from)
        return sum(counted.values(), Profile())

    async def farthest(self, begin: datetime, end: datetime, release: str, *, limit: int) -> list[Far]:
        """The messages of a time that are farthest from all examples, the farthest first."""
        return await self._database.read(_farthest, begin, end, release, limit)

    async def warn(self, release: str, measure: str, *, p: float, distance: float, n: int) -> Warned | None:
        """Keep a warning; None where one about it is open already."""
        return await self._database.write(_warn, release, measure, p, distance, n)

    async def resolve(self, warning_id: int) -> None:
        """It is as it was again, or another release serves."""
        await self._database.write(_resolve, warning_id)

    async def open(self) -> list[Warned]:
        """Those that last, the newest first."""
        return await self._database.read(_open)


def _counted(
    connection: Connection, days: Sequence[date], zone: ZoneInfo, release: str, sure_from: float
) -> dict[date, Profile]:
    which = and_(
        drift_days.c.day.in_([day.isoformat() for day in days]),
        drift_days.c.zone == zone.key,
        drift_days.c.release == release,
        drift_days.c.sure_from == sure_from,
    )
    rows = connection.execute(select(drift_days.c.day, drift_days.c.profile).where(which))
    return {date.fromisoformat(row.day): Profile.from_json(row.profile) for row in rows}


def _count(connection: Connection, day: date, zone: ZoneInfo, release: str, sure_from: float) -> Profile:
    stretch = stretch_of(day, zone)
    query = (
        select(
            messages.c.conversation_id,
            messages.c.text,
            understandings.c.language,
            understandings.c.intent,
            understandings.c.nearest,
            func.coalesce(understandings.c.confidence, 0.0) >= sure_from,
        )
        .join(understandings, understandings.c.message_id == messages.c.id)
        .where(said_between(stretch.begin, stretch.end), messages.c.text != "")
        .where(understandings.c.release == release)
    )
    rows = connection.execute(query).all()
    return profile_of(Seen(row[0], len(row[1]), row[2], row[3], row[4], bool(row[5])) for row in rows)


def _keep(
    connection: Connection, day: date, zone: ZoneInfo, release: str, sure_from: float, profile: Profile
) -> None:
    key = {"day": day.isoformat(), "zone": zone.key, "release": release}
    others = [drift_days.c[name] == value for name, value in key.items()]
    connection.execute(delete(drift_days).where(*others, drift_days.c.sure_from != sure_from))
    values = key | {"sure_from": sure_from, "profile": profile.to_json()}
    insert_if_new(connection, drift_days, values, tuple(key))


def _farthest(connection: Connection, begin: datetime, end: datetime, release: str, limit: int) -> list[Far]:
    query = (
        select(
            messages.c.id,
            messages.c.conversation_id,
            messages.c.at,
            messages.c.text,
            understandings.c.nearest,
        )
        .join(understandings, understandings.c.message_id == messages.c.id)
        .where(said_between(begin, end), messages.c.text != "")
        .where(understandings.c.release == release, understandings.c.nearest.is_not(None))
        .order_by(understandings.c.nearest, messages.c.id)
        .limit(limit)
    )
    return [Far(*row) for row in connection.execute(query)]


def _warn(
    connection: Connection, release: str, measure: str, p: float, distance: float, n: int
) -> Warned | None:
    values = {
        "release": release,
        "measure": measure,
        "noticed_at": now(),
        "p": p,
        "distance": distance,
        "n": n,
    }
    number = insert_new(
        connection, drift_warnings, values | {"open_as": f"{release}:{measure}"}, ("open_as",)
    )
    if number is None:
        return None
    return _warning_from(
        connection.execute(select(drift_warnings).where(drift_warnings.c.id == number)).one()
    )


def _resolve(connection: Connection, warning_id: int) -> None:
    which = drift_warnings.c.id == warning_id, drift_warnings.c.resolved_at.is_(None)
    connection.execute(update(drift_warnings).where(*which).values(resolved_at=now(), open_as=None))


def _open(connection: Connection) -> list[Warned]:
    query = select(drift_warnings).where(drift_warnings.c.open_as.is_not(None))
    return [_warning_from(row) for row in connection.execute(query.order_by(drift_warnings.c.id.desc()))]


def _warning_from(row: Row[Any]) -> Warned:
    values = row._asdict()
    del values["open_as"]
    return Warned(**values)
