"""The time a page is about: today, some days up to now, or from one day to another."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.store.insights.days import midnight

LENGTHS = {"today": 1, "7": 7, "30": 30, "90": 90}
USUAL = "7"
MAX_DAYS = 366


@dataclass(frozen=True, slots=True)
class Period:
    """Days of a zone from `first` to `last`, that one only until `end`; `name` is one of LENGTHS or "own"."""

    name: str
    first: date
    last: date
    end: datetime
    zone: ZoneInfo

    @property
    def begin(self) -> datetime:
        return midnight(self.first, self.zone)

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=off) for off in range((self.last - self.first).days + 1)]

    @property
    def is_whole(self) -> bool:
        """Whether the last day is over."""
        return self.end >= midnight(self.last + timedelta(days=1), self.zone)

    @property
    def before(self) -> "Period":
        """As many days before, the last of them until the same time of day."""
        length = timedelta(days=len(self.days))
        clock = self.end.astimezone(self.zone).replace(tzinfo=None) - length
        end = clock.replace(tzinfo=self.zone).astimezone(UTC)
        return Period(self.name, self.first - length, self.last - length, end, self.zone)


def read_period(query: Mapping[str, str], zone: ZoneInfo, now: datetime) -> Period:
    """The period that an address asks for. Raises ValueError for one there can't be."""
    today = now.astimezone(zone).date()
    name = query.get("period") or ("own" if query.get("from") else USUAL)
    if name in LENGTHS:
        return Period(name, today - timedelta(days=LENGTHS[name] - 1), today, now, zone)
    if name != "own":
        raise ValueError(f"met the period {name!r}; wanted one of {', '.join(LENGTHS)}, own")
    first = date.fromisoformat(query.get("from", ""))
    last = min(date.fromisoformat(query.get("to") or first.isoformat()), today)
    if not (date(2000, 1, 1) <= first <= last) or (last - first).days >= MAX_DAYS:
        raise ValueError(f"met {first} to {last}; wanted at most {MAX_DAYS} days, none of them to come")
    end = min(now, midnight(last + timedelta(days=1), zone))
    return Period("own", first, last, end, zone)
