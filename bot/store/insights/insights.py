"""What the log tells of a period, one transaction a call."""

import json
import math
import time
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.store.databases.database import Database
from bot.store.insights import days, opinions, unanswered
from bot.store.insights.counting import count_figures
from bot.store.insights.figures import Figures, from_json
from bot.store.insights.opinions import Ratings
from bot.store.insights.unanswered import Example

MAX_READ = 800  # days: a year beside the year before


class Insights:
    """The side of the log that figures come from; `Store.insights`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read: dict[tuple[str, date], tuple[str, Figures]] = {}  # what was stored, and what that says

    async def day(self, day: date, zone: ZoneInfo, *, end: datetime | None = None) -> Figures:
        """A day counted now, only until `end` where that is given."""
        return await self._database.read(count_figures, days.stretch_of(day, zone, end))

    async def days(
        self, wanted: list[date], zone: ZoneInfo, *, patience_s: float = math.inf
    ) -> dict[date, Figures]:
        """The figures of whole days. Those that are over are counted the first time only, the newest first:
        one at least, and others until `patience_s` is over; the rest is left out."""
        found = self._read_anew(await self._database.read(days.kept_figures, wanted, zone), wanted, zone)
        missing = sorted(set(wanted) - found.keys(), reverse=True)
        first = await self._database.read(days.first_day, zone) if missing else None
        until, is_first = time.monotonic() + patience_s, True
        for day in missing:
            if first is None or day < first:
                found[day] = Figures()
            elif is_first or time.monotonic() < until:
                found[day], is_first = await self._count(day, zone), False
        return found

    async def count_next(self, zone: ZoneInfo) -> bool:
        """Count the newest day that is over and isn't counted; False where there is none."""
        day = await self._database.read(days.newest_uncounted, zone)
        if day is not None:
            await self._count(day, zone)
        return day is not None

    def forget(self) -> None:
        """Keep nothing of what was read: names of products are customers' words."""
        self._read.clear()

    async def _count(self, day: date, zone: ZoneInfo) -> Figures:
        figures = await self._database.read(days.count_day, day, zone)
        if days.is_settled(day, zone):
            await self._database.write(days.keep_figures, day, zone, figures)
        return figures

    def _read_anew(self, stored: dict[date, str], wanted: list[date], zone: ZoneInfo) -> dict[date, Figures]:
        """What days say, read only where they say something else than the last time: half a year takes 50 ms."""
        found = {}
        for day in wanted:
            key, text = (zone.key, day), stored.get(day)
            if text is None:
                self._read.pop(key, None)
                continue
            if key not in self._read or self._read[key][0] != text:
                self._read[key] = text, from_json(json.loads(text))
            found[day] = self._read[key][1]
        while len(self._read) > MAX_READ:
            self._read.pop(next(iter(self._read)))
        return found

    async def ratings(self, begin: datetime, end: datetime) -> Ratings:
        """How content customers were who were asked in this time."""
        return await self._database.read(opinions.ratings_between, begin, end)

    async def unanswered(
        self, begin: datetime, end: datetime, *, limit: int, only_open: bool = False
    ) -> list[Example]:
        """The latest messages of this time that had no answer, the newest first; with `only_open` but for those
        that staff labelled or passed over."""
        return await self._database.read(unanswered.latest, begin, end, limit=limit, only_open=only_open)

    async def texts(self, message_ids: Sequence[int]) -> list[str]:
        """What customers said in these messages, in their order."""
        return await self._database.read(unanswered.texts_of, message_ids)
