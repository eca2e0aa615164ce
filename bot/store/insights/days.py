"""The figures of days: those of a day that is over are counted once and kept.

A message that arrives a while after it was written may belong to such a day, and a customer who is forgotten
leaves it: then what was kept is dropped, and the day is counted again."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Text, cast, delete, func, select

from bot.store.databases.upsert import insert_if_new
from bot.store.insights.counting import Stretch, count_figures
from bot.store.insights.figures import Figures, to_json
from bot.store.tables.drift import drift_days
from bot.store.tables.figures import day_figures
from bot.store.tables.log import messages
from bot.store.values import now

SETTLED_AFTER = timedelta(minutes=30)  # what is written about a day by then is taken to be all of it


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a day begins there."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def stretch_of(day: date, zone: ZoneInfo, end: datetime | None = None) -> Stretch:
    """A whole day, or until `end`."""
    whole = midnight(day + timedelta(days=1), zone)
    return Stretch(midnight(day, zone), min(whole, end) if end else whole, zone)


def is_late(moment: datetime) -> bool:
    """Whether the day of what was said then may have been counted without it."""
    return now() - moment > SETTLED_AFTER


def is_settled(day: date, zone: ZoneInfo) -> bool:
    """Whether a day is over, and what was on its way has arrived."""
    return now() >= midnight(day + timedelta(days=1), zone) + SETTLED_AFTER


def kept_figures(connection: Connection, days: Iterable[date], zone: ZoneInfo) -> dict[date, str]:
    """Those that are kept of these days, as JSON."""
    wanted = sorted(days)
    if not wanted:
        return {}
    query = select(day_figures.c.day, cast(day_figures.c.figures, Text).label("figures")).where(
        day_figures.c.zone == zone.key,
        day_figures.c.day >= wanted[0].isoformat(),
        day_figures.c.day <= wanted[-1].isoformat(),
    )
    met = {date.fromisoformat(row.day): row.figures for row in connection.execute(query)}
    return {day: met[day] for day in wanted if day in met}


def first_day(connection: Connection, zone: ZoneInfo) -> date | None:
    """The day of the first message; None without one."""
    query = select(func.min(messages.c.at)).where(messages.c.speaker == "customer")
    begin = connection.execute(query).scalar_one()
    return None if begin is None else begin.astimezone(zone).date()


def newest_uncounted(connection: Connection, zone: ZoneInfo) -> date | None:
    """The last day that is over and whose figures aren't kept."""
    first, day = first_day(connection, zone), now().astimezone(zone).date()
    kept = set(connection.execute(select(day_figures.c.day).where(day_figures.c.zone == zone.key)).scalars())
    while first is not None and day >= first:
        if is_settled(day, zone) and day.isoformat() not in kept:
            return day
        day -= timedelta(days=1)
    return None


def count_day(connection: Connection, day: date, zone: ZoneInfo) -> Figures:
    """A whole day from the log."""
    return count_figures(connection, stretch_of(day, zone))


def keep_figures(connection: Connection, day: date, zone: ZoneInfo, figures: Figures) -> None:
    """For good, or until `drop_days`."""
    values = {"day": day.isoformat(), "zone": zone.key, "figures": to_json(figures)}
    insert_if_new(connection, day_figures, values, ("day", "zone"))


def drop_days(connection: Connection, moments: Iterable[datetime]) -> None:
    """Forget what was counted of the days these moments are in, whatever the zone."""
    days = {
        (moment.astimezone(UTC).date() + timedelta(days=off)).isoformat()
        for moment in moments
        for off in (-1, 0, 1)
    }
    if days:
        for table in (day_figures, drift_days):
            connection.execute(delete(table).where(table.c.day.in_(sorted(days))))
