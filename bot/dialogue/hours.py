"""When support staff are there."""

from datetime import datetime, timedelta

from bot.settings import Desk

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def is_open(desk: Desk, now: datetime) -> bool:
    """Whether someone is there at `now` (aware). Hours past midnight (22:00 to 06:00) belong to the day they began."""
    if desk.opens is None or desk.closes is None:
        return True
    local = now.astimezone(desk.zone)
    today, clock = WEEKDAYS[local.weekday()], local.time().replace(tzinfo=None)
    if desk.opens <= desk.closes:
        return today in desk.days and desk.opens <= clock < desk.closes
    yesterday = WEEKDAYS[local.weekday() - 1]
    return (today in desk.days and clock >= desk.opens) or (yesterday in desk.days and clock < desk.closes)


def next_opening(desk: Desk, now: datetime) -> datetime | None:
    """The next time someone is there, local; None if someone is there now or the desk has no working day."""
    if desk.opens is None or is_open(desk, now):
        return None
    local = now.astimezone(desk.zone)
    for days in range(8):
        day = local + timedelta(days=days)
        opening = datetime.combine(day.date(), desk.opens, tzinfo=desk.zone)
        if opening > local and WEEKDAYS[day.weekday()] in desk.days:
            return opening
    return None
