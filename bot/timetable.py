"""When the desk does something by itself: "night at 03:00", "monday at 22:30"."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.errors import BotError

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WANTED = "wanted night at HH:MM, day at HH:MM, a weekday at HH:MM (monday at 22:30), or never"
_FORM = re.compile(rf"(?:every )?(night|day|{'|'.join(WEEKDAYS)}) at (\d{{1,2}}):(\d{{2}})")


@dataclass(frozen=True, slots=True)
class Timetable:
    """A time of day in a zone, every day or on one weekday, 0 for Monday."""

    at: time
    zone: ZoneInfo
    weekday: int | None = None

    def last(self, moment: datetime) -> datetime:
        """The latest time that is not after this moment."""
        day = moment.astimezone(self.zone).date()
        while True:
            found = datetime.combine(day, self.at, self.zone)
            if found <= moment and self.weekday in {None, day.weekday()}:
                return found
            day -= timedelta(days=1)

    def next(self, moment: datetime) -> datetime:
        """The first time after this moment."""
        day = moment.astimezone(self.zone).date()
        while True:
            found = datetime.combine(day, self.at, self.zone)
            if found > moment and self.weekday in {None, day.weekday()}:
                return found
            day += timedelta(days=1)


def parse_timetable(text: str, zone: ZoneInfo) -> Timetable | None:
    """None for "never" and for nothing.

    Raises BotError for what is no timetable."""
    words = " ".join(text.lower().split())
    if words in {"", "never"}:
        return None
    found = _FORM.fullmatch(words)
    if found is None:
        raise BotError(f"met every {text!r}; {WANTED}")
    day, hour, minute = found[1], int(found[2]), int(found[3])
    if hour > 23 or minute > 59:
        raise BotError(f"met every {text!r}: {hour:02}:{minute:02} is no time of day; {WANTED}")
    return Timetable(time(hour, minute), zone, WEEKDAYS.index(day) if day in WEEKDAYS else None)
