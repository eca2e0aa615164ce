"""Feasts and sales that customers date by: Christmas, Black Friday, 春节, 双十一."""

from collections.abc import Callable
from datetime import date, timedelta

ASKED_ABOUT = timedelta(31)  # so long over a feast may be and still be meant


def _nth_weekday(month: int, weekday: int, n: int, more: int = 0) -> Callable[[int], date]:
    def of_year(year: int) -> date:
        first = date(year, month, 1)
        return first + timedelta((weekday - first.weekday()) % 7 + 7 * (n - 1) + more)

    return of_year


def _easter(more: int) -> Callable[[int], date]:
    def of_year(year: int) -> date:
        from dateutil.easter import easter

        sunday: date = easter(year)
        return sunday + timedelta(more)

    return of_year


def _lunar(month: int, day: int, more: int = 0) -> Callable[[int], date]:
    def of_year(year: int) -> date:
        from borax.calendars.lunardate import LunarDate  # few messages get here

        found: date = LunarDate(year, month, day).to_solar_date()
        return found + timedelta(more)

    return of_year


_FIXED = {
    "christmas eve": (12, 24), "christmas day": (12, 25), "christmas": (12, 25), "xmas": (12, 25), "xmas eve": (12, 24), "xmas day": (12, 25),
    "boxing day": (12, 26), "new year's eve": (12, 31), "new years eve": (12, 31), "new year's day": (1, 1),
    "new years day": (1, 1), "new year": (1, 1), "valentine's day": (2, 14), "valentines day": (2, 14),
    "valentine's": (2, 14), "halloween": (10, 31),
    "圣诞节": (12, 25), "圣诞": (12, 25), "平安夜": (12, 24), "元旦": (1, 1), "情人节": (2, 14), "妇女节": (3, 8),
    "五一": (5, 1), "劳动节": (5, 1), "六一": (6, 1), "儿童节": (6, 1), "618": (6, 18), "教师节": (9, 10),
    "国庆节": (10, 1), "国庆": (10, 1), "双十一": (11, 11), "双11": (11, 11), "双十二": (12, 12), "双12": (12, 12),
}  # fmt: skip
_MOVABLE = {
    "black friday": _nth_weekday(11, 3, 4, 1), "cyber monday": _nth_weekday(11, 3, 4, 4),
    "thanksgiving": _nth_weekday(11, 3, 4), "good friday": _easter(-2), "easter sunday": _easter(0),
    "easter monday": _easter(1), "easter": _easter(0),
    "春节": _lunar(1, 1), "大年初一": _lunar(1, 1), "过年": _lunar(1, 1), "除夕": _lunar(1, 1, -1),
    "元宵节": _lunar(1, 15), "端午节": _lunar(5, 5), "端午": _lunar(5, 5), "七夕": _lunar(7, 7),
    "中秋节": _lunar(8, 15), "中秋": _lunar(8, 15), "重阳节": _lunar(9, 9),
}  # fmt: skip
FEASTS: tuple[str, ...] = (*_FIXED, *_MOVABLE)


def feast_day(name: str, year: int) -> date:
    """When a feast of FEASTS is in a year; Easter and the Chinese calendar are reckoned by libraries."""
    return date(year, *_FIXED[name]) if name in _FIXED else _MOVABLE[name](year)


def feast_near(name: str, today: date, *, is_past: bool) -> date:
    """The coming one, or one that is over by no more than ASKED_ABOUT; with `is_past` the last one."""
    days = [feast_day(name, today.year + more) for more in (-1, 0, 1)]
    if is_past:
        return max(day for day in days if day <= today)
    return min(day for day in days if day >= today - ASKED_ABOUT)
