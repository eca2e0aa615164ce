"""What the log tells of a period, one transaction a call."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.store import days, opinions, unanswered
from bot.store.counting import count_figures
from bot.store.database import Database
from bot.store.figures import Figures
from bot.store.opinions import Ratings
from bot.store.unanswered import Example


class Insights:
    """The side of the log that figures come from; `Store.insights`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def day(self, day: date, zone: ZoneInfo, *, end: datetime | None = None) -> Figures:
        """A day counted now, only until `end` where that is given."""
        return await self._database.read(count_figures, days.stretch_of(day, zone, end))

    async def days(self, wanted: list[date], zone: ZoneInfo) -> dict[date, Figures]:
        """The figures of whole days. Those that are over are counted the first time only."""
        found = await self._database.read(days.kept_figures, wanted, zone)
        for day in wanted:
            if day not in found:
                found[day] = await self._database.read(days.count_day, day, zone)
                if days.is_settled(day, zone):
                    await self._database.write(days.keep_figures, day, zone, found[day])
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
