"""Alerts that customers are unhappier than usual, and the messages they come from, one transaction a call."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select, update

from bot.store.databases.database import Database
from bot.store.databases.upsert import insert_new
from bot.store.insights.counting import UNHAPPY, intent_of, series_of, spoken
from bot.store.insights.figures import Dimension, Series
from bot.store.tables.figures import alerts
from bot.store.tables.log import messages, understandings
from bot.store.values import now

KEPT_IN_SIGHT = timedelta(days=14)
BATCH = 5000


@dataclass(frozen=True, slots=True)
class NewAlert:
    """A rise: the share was `baseline` and is `now` in the `n` messages from the first to the last."""

    series: Series
    since: datetime
    baseline: float
    now: float
    n: int
    first_message_id: int
    last_message_id: int


@dataclass(frozen=True, slots=True)
class Alert:
    """A rise that was noticed; `resolved_at` is None while it lasts."""

    id: int
    dimension: Dimension
    value: str
    since: datetime
    noticed_at: datetime
    baseline: float
    now: float
    n: int
    first_message_id: int
    last_message_id: int
    resolved_at: datetime | None

    @property
    def series(self) -> Series:
        return self.dimension, self.value


@dataclass(frozen=True, slots=True)
class Felt:
    """A message whose sentiment is known, for the watch."""

    id: int
    conversation_id: int
    at: datetime
    is_unhappy: bool
    series: tuple[Series, ...]


@dataclass(frozen=True, slots=True)
class Behind:
    """An unhappy message behind an alert."""

    id: int
    conversation_id: int
    at: datetime
    text: str
    sentiment: str


class Alerts:
    """What is watched and what was noticed; `Store.alerts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def raise_alert(self, alert: NewAlert) -> Alert | None:
        """Keep it; None where one of this series is open already."""
        return await self._database.write(_raise, alert)

    async def resolve(self, alert_id: int) -> None:
        """It is as usual again."""
        await self._database.write(_resolve, alert_id)

    async def open(self) -> list[Alert]:
        """Those that last, the newest first."""
        return await self._database.read(_open)

    async def take_to_post(self) -> Alert | None:
        """An open one that the staff group hasn't been told, taken by who asks; None where there is none."""
        return await self._database.write(_take_to_post)

    async def not_posted(self, alert_id: int) -> None:
        """The staff group couldn't be told after all."""
        await self._database.write(_set_posted, alert_id, None)

    async def count_open(self) -> int:
        return await self._database.read(_count_open)

    async def over(self) -> list[Alert]:
        """Those that ended of late, the newest first."""
        return await self._database.read(_over)

    async def find(self, alert_id: int) -> Alert | None:
        return await self._database.read(_find, alert_id)

    async def behind(self, alert: Alert, limit: int = 20) -> list[Behind]:
        """The unhappy messages an alert comes from, the newest first."""
        return await self._database.read(_behind, alert, limit)

    async def last_before(self, at: datetime) -> int:
        """The number of the last customer's message before a time, 0 without one."""
        return await self._database.read(_last_before, at)

    async def felt_after(self, message_id: int) -> tuple[list[Felt], int]:
        """Messages of known sentiment after that one, in order, and where to go on; the same number where there is
        nothing new."""
        return await self._database.read(_felt_after, message_id)


def _raise(connection: Connection, alert: NewAlert) -> Alert | None:
    dimension, value = alert.series
    values = {
        "dimension": dimension,
        "value": value,
        "since": alert.since,
        "noticed_at": now(),
        "baseline": alert.baseline,
        "now": alert.now,
        "n": alert.n,
        "first_message_id": alert.first_message_id,
        "last_message_id": alert.last_message_id,
        "open_as": f"{dimension}:{value}",
    }
    number = insert_new(connection, alerts, values, ("open_as",))
    return None if number is None else _find(connection, number)


def _resolve(connection: Connection, alert_id: int) -> None:
    is_open = alerts.c.id == alert_id, alerts.c.resolved_at.is_(None)
    connection.execute(update(alerts).where(*is_open).values(resolved_at=now(), open_as=None))


def _open(connection: Connection) -> list[Alert]:
    query = select(alerts).where(alerts.c.open_as.is_not(None)).order_by(alerts.c.id.desc())
    return [_alert_from(row) for row in connection.execute(query)]


def _take_to_post(connection: Connection) -> Alert | None:
    waits = select(alerts).where(alerts.c.open_as.is_not(None), alerts.c.posted_at.is_(None))
    row = connection.execute(
        waits.order_by(alerts.c.id).limit(1).with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        return None
    _set_posted(connection, row.id, now())
    return _alert_from(row)


def _set_posted(connection: Connection, alert_id: int, at: datetime | None) -> None:
    connection.execute(update(alerts).where(alerts.c.id == alert_id).values(posted_at=at))


def _count_open(connection: Connection) -> int:
    query = select(func.count()).where(alerts.c.open_as.is_not(None))
    return int(connection.execute(query).scalar_one())


def _over(connection: Connection) -> list[Alert]:
    query = select(alerts).where(alerts.c.resolved_at >= now() - KEPT_IN_SIGHT).order_by(alerts.c.id.desc())
    return [_alert_from(row) for row in connection.execute(query.limit(10))]


def _find(connection: Connection, alert_id: int) -> Alert | None:
    row = connection.execute(select(alerts).where(alerts.c.id == alert_id)).one_or_none()
    return None if row is None else _alert_from(row)


def _alert_from(row: Row[Any]) -> Alert:
    values = row._asdict()
    del values["open_as"], values["posted_at"]
    return Alert(**values)


def _behind(connection: Connection, alert: Alert, limit: int) -> list[Behind]:
    within = messages.c.id.between(alert.first_message_id, alert.last_message_id)
    which = [within, messages.c.speaker == "customer", understandings.c.sentiment.in_(UNHAPPY)]
    if alert.dimension == "channel":
        which.append(messages.c.channel == alert.value)
    if alert.dimension == "intent":
        which.append(intent_of() == alert.value)
    more = messages.c.id, messages.c.at, messages.c.text
    query = spoken(and_(*which)).add_columns(*more).order_by(None).order_by(messages.c.id.desc())
    found: list[Behind] = []
    for conversation, channel, intent, sentiment, entities, number, at, text in connection.execute(query):
        if alert.series in series_of(channel, intent, entities) and text:
            found.append(Behind(number, conversation, at, text, sentiment))
        if len(found) == limit:
            break
    return found


def _last_before(connection: Connection, at: datetime) -> int:
    query = (
        select(messages.c.id)
        .where(messages.c.speaker == "customer", messages.c.at < at)
        .order_by(messages.c.at.desc(), messages.c.id.desc())
        .limit(1)
    )
    return connection.execute(query).scalar_one_or_none() or 0


def _felt_after(connection: Connection, message_id: int) -> tuple[list[Felt], int]:
    which = and_(messages.c.id > message_id, messages.c.speaker == "customer", messages.c.kind != "edit")
    query = spoken(which).add_columns(messages.c.id, messages.c.at).limit(BATCH)
    found: list[Felt] = []
    last = message_id
    for conversation, channel, intent, sentiment, entities, number, at in connection.execute(query):
        last = number
        if sentiment is not None:
            several = series_of(channel, intent, entities)
            found.append(Felt(number, conversation, at, sentiment in UNHAPPY, several))
    return found, last
