"""Reckoning with days: weeks, months, the year that is meant."""

import calendar
from datetime import date, timedelta

MONTH_ASKED_ABOUT_DAYS = 75  # so long over a month's first day may be and the month still be meant


def shift(today: date, n: int, unit: str) -> date | None:
    """Days, weeks, fortnights, months or years from a day; `unit` is one letter. None beyond the calendar."""
    try:
        if unit in "my":
            months = today.month - 1 + n * (12 if unit == "y" else 1)
            year, month = today.year + months // 12, months % 12 + 1
            return date(year, month, min(today.day, calendar.monthrange(year, month)[1]))
        return today + timedelta(n * {"d": 1, "w": 7, "f": 14}[unit])
    except (ValueError, OverflowError):
        return None


def working_days(today: date, n: int) -> date | None:
    """So many days from Monday to Friday later, or earlier where n is negative."""
    weeks, days = divmod(abs(n), 5)
    day = shift(today, weeks if n > 0 else -weeks, "w")
    while days and day is not None:
        day = shift(day, 1 if n > 0 else -1, "d")
        days -= day is not None and day.weekday() < 5
    return day


def month_from(today: date, step: int, is_end: bool) -> date:
    """The first or last day of a month so many months from this; of this month, today is its first."""
    year, month = divmod(today.year * 12 + today.month - 1 + step, 12)
    if is_end:
        return last_of(year, month + 1)
    return date(year, month + 1, 1) if step else today


def last_of(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def monday_from(today: date, weeks: int) -> date:
    return today - timedelta(today.weekday()) + timedelta(7 * weeks)


def nth_of_month(today: date, day: int, *, is_past: bool) -> date | None:
    """The next month's day of that number, or with `is_past` the last one; today counts."""
    for step in range(3):
        month = month_from(today, -step if is_past else step, True)
        if day <= month.day:
            found = month.replace(day=day)
            if found <= today if is_past else found >= today:
                return found
    return None


def in_year(written: str | None, month: int, day: int, today: date) -> date | None:
    """Without a year: the one that brings the date nearest to today."""
    years = [today.year, today.year + 1, today.year - 1]
    if written:
        n = int(written.strip("'"))
        years = [n if n > 99 else 2000 + n]
    possible = []
    for year in years:
        try:
            possible.append(date(year, month, day))
        except ValueError:
            continue
    return min(possible, key=lambda day: abs((day - today).days), default=None)


def coming(found: date | None, today: date, days_asked_about: int, *, is_past: bool) -> date | None:
    """Of a day each year has, found nearest to today: the coming one, or with `is_past` the last one.

    One that is over by no more than `days_asked_about` stays."""
    if found and is_past and found > today:
        return shift(found, -1, "y")
    is_long_over = found and (today - found).days > days_asked_about
    return shift(found, 1, "y") if found and is_long_over and not is_past else found
