"""Dates as customers write them: "next friday", "14 march", "3/4", "in 5 working days"; the Chinese are in han_dates."""

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from nlu.values import han_dates
from nlu.values.days import (
    MONTH_ASKED_ABOUT_DAYS,
    coming,
    in_year,
    last_of,
    monday_from,
    month_from,
    nth_of_month,
    shift,
    working_days,
)
from nlu.values.feasts import FEASTS, feast_day, feast_near
from nlu.values.numerals import VAGUE, WORDS, number_of
from nlu.values.patterns import any_of
from nlu.values.tense import is_past

# Countries that write the month first in 3/4; elsewhere the day comes first.
MONTH_FIRST = frozenset({"US", "PH", "CN", "TW", "JP", "KR", "HU", "LT", "CA"})
# A day and month without a year: the last one though the next is nearer, if that is farther than DAY_AHEAD_DAYS and
# the sentence is of the past; the next one if the last is longer over than DAY_ASKED_ABOUT_DAYS.
DAY_AHEAD_DAYS, DAY_ASKED_ABOUT_DAYS = 60, 120

_MONTHS = {name.lower(): n for n, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name.lower(): n for n, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}
_DAYS = {name.lower(): n for n, name in enumerate(calendar.day_name)}
_DAYS |= {
    "mon": 0,
    "tue": 1,
    "tues": 1,
    "wed": 2,
    "weds": 2,
    "thu": 3,
    "thur": 3,
    "thurs": 3,
    "fri": 4,
    "sat": 5,
    "sun": 6,
}
_NAMED = {
    "today": 0, "tonight": 0, "this morning": 0, "this afternoon": 0, "this evening": 0, "tomorrow": 1, "tomorow": 1,
    "tomoro": 1, "tomo": 1, "2mrw": 1, "2day": 0, "2nite": 0, "tonite": 0, "yday": -1, "tommorow": 1, "tommorrow": 1, "tmrw": 1, "tmr": 1, "tmw": 1, "tomoz": 1, "2moro": 1, "yesterday": -1,
    "last night": -1, "the day after tomorrow": 2, "day after tomorrow": 2, "the day before yesterday": -2,
    "day before yesterday": -2,
}  # fmt: skip
_ORDINALS = [
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
    "twentieth", "twenty-first", "twenty-second", "twenty-third", "twenty-fourth", "twenty-fifth", "twenty-sixth",
    "twenty-seventh", "twenty-eighth", "twenty-ninth", "thirtieth", "thirty-first",
]  # fmt: skip


_DAY = any_of(_DAYS)
_FULL_DAY = any_of(name for name in _DAYS if name not in ("mon", "wed", "sat", "sun"))  # those are words, too
_MONTH = rf"(?:{any_of(_MONTHS)})(?:(?<=\b\w\w\w)\.|(?<=\bsept)\.)?"
_FULL_MONTH = any_of(name for name in _MONTHS if len(name) > 4 or name in ("june", "july", "may"))
_NTH = r"(?:0?[1-9]|[12]\d|3[01])\s?(?:st|nd|rd|th)"
_N = r"(?:0?[1-9]|[12]\d|3[01])(?:\s?(?:st|nd|rd|th)\b)?"
_COUNT = rf"(?:\d{{1,3}}|{VAGUE}|{WORDS})"
_UNIT = r"(?P<unit>(?:working|business|week)\s*days?|days?|weeks?|wks?|fortnights?|months?|years?|yrs?)"
_YEAR = r"(?P<year>20\d\d|'?\d\d)"
_AND_YEAR = r"(?:,?\s+(?P<year>20\d\d|'\d\d|(?<!,\s)\d\d(?=\s*(?:$|[.,;?!)]))))?"
_TO = r"\s*(?:[-–~&]|to|and|or|till|until)\s*"
_BEFORE = r"\b(?:on|by|till?|until|for|from|since|or|every|to|and)\s+"
_IN = r"\b(?:in|for|since|until|till|by|from|of|early|late)\s+"

_AFTER_NEXT = re.compile(rf"\bnext\s+(?:{_DAY})\s+(?:or|and|to)\s+\Z", re.IGNORECASE)

_BESIDE = re.compile(r"[\s,(（]{0,3}")

Resolver = Callable[[re.Match[str], date, bool], date | None]


@dataclass(frozen=True, slots=True)
class DayRead:
    """A day that a text names, and whether by its weekday alone."""

    start: int
    end: int
    day: date
    is_weekday: bool


def _is_past(found: re.Match[str]) -> bool:
    return is_past(found.string, *found.span("span" if "span" in found.re.groupindex else 0))


def _named(found: re.Match[str], today: date, _: bool) -> date:
    return today + timedelta(_NAMED[" ".join(found["name"].lower().split())])


def _weekday(found: re.Match[str], today: date, _: bool) -> date:
    """The coming one, or the last where the sentence is of the past; "this" may be today; "next" is next week's."""
    which, day = (found["which"] or "").lower().split(), _DAYS[found["day"].lower()]
    ahead = (day - today.weekday()) % 7
    if "next" in which or (not which and _AFTER_NEXT.search(found.string, 0, found.start("day"))):
        return monday_from(today, 1) + timedelta(day)
    if "last" in which or (not which and not found["week"] and _is_past(found)):
        return today - timedelta((today.weekday() - day) % 7 or 7)
    if "this" in which:
        return today + timedelta(ahead)
    later = 14 if "fortnight" in which or "weeks" in which else 7 if found["week"] or "week" in which else 0
    return today + timedelta((ahead or 7) + later)


def _counted(found: re.Match[str], today: date, _: bool) -> date | None:
    n = number_of(found["count"])
    if n is None:
        return None
    n, unit = int(n) * (-1 if found["ago"] else 1), found["unit"].lower()
    return (
        working_days(today, n)
        if unit.startswith(("working", "business", "weekd"))
        else shift(today, n, unit[0])
    )


def _period(found: re.Match[str], today: date, _: bool) -> date:
    """A week or month stands for its first day (this week: today); its end for Friday or its last day."""
    step = {"next": 1, "last": -1}.get((found["which"] or "").lower(), 0)
    is_end = bool(found["end"])
    if found["period"].lower() == "weekend":
        return monday_from(today, step) + timedelta(5)
    if found["period"].lower() == "week":
        return (
            monday_from(today, step) + timedelta(4) if is_end else monday_from(today, step) if step else today
        )
    return month_from(today, step, is_end)


def _after_next(found: re.Match[str], today: date, _: bool) -> date:
    name = found["name"].lower()
    if name in _DAYS:
        return monday_from(today, 1 if _DAYS[name] > today.weekday() else 2) + timedelta(_DAYS[name])
    return monday_from(today, 2) if name == "week" else month_from(today, 2, False)


def _year_end(_: re.Match[str], today: date, __: bool) -> date:
    return last_of(today.year, 12)


def _nth(found: re.Match[str], today: date, _: bool) -> date | None:
    return nth_of_month(today, int(re.sub(r"\D", "", found["d"])), is_past=_is_past(found))


def _weekday_nth(found: re.Match[str], today: date, _: bool) -> date | None:
    """This month or the next, or with the past the last, whichever has that day on that weekday."""
    day, weekday = int(re.sub(r"\D", "", found["d"])), _DAYS[found["day"].lower()]
    for past in (_is_past(found), not _is_past(found)):
        near = nth_of_month(today, day, is_past=past)
        if near and near.weekday() == weekday:
            return near
    return nth_of_month(today, day, is_past=_is_past(found))


def _nth_of_month(found: re.Match[str], today: date, _: bool) -> date | None:
    month = month_from(today, {"next": 1, "last": -1}.get(found["which"].lower(), 0), True)
    written = found["d"].lower()
    day = _ORDINALS.index(written) + 1 if written in _ORDINALS else int(re.sub(r"\D", "", written))
    return month.replace(day=day) if day <= month.day else None


def _week_from(found: re.Match[str], today: date, _: bool) -> date | None:
    return shift(today + timedelta(_NAMED[found["from"].lower()]), 1, found["unit"].lower()[0])


def _written(found: re.Match[str], today: date, _: bool) -> date | None:
    return _day_of_year(found, _month_number(found), int(re.sub(r"\D", "", found["d"])), today)


def _spelled(found: re.Match[str], today: date, _: bool) -> date | None:
    return _day_of_year(found, _month_number(found), _ORDINALS.index(found["d"].lower()) + 1, today)


def _month_alone(found: re.Match[str], today: date, _: bool) -> date | None:
    """A month stands for its first day, its end for its last."""
    first = in_year(found["year"], _month_number(found), 1, today)
    if not found["year"]:
        first = coming(first, today, MONTH_ASKED_ABOUT_DAYS, is_past=_is_past(found))
    return last_of(first.year, first.month) if first and found["end"] else first


def _month_number(found: re.Match[str]) -> int:
    month = found["month"].lower().strip(".")
    return int(month) if month.isdigit() else _MONTHS[month]


def _numeric(found: re.Match[str], today: date, is_month_first: bool) -> date | None:
    first, second = int(found["first"]), int(found["second"])
    before = found.string[: found.start()]
    if first == second and first in (5, 10) and not re.search(rf"{_BEFORE}\Z", before, re.IGNORECASE):
        return None  # 10/10 is praise
    if first > 12 or (second <= 12 and not is_month_first):
        first, second = second, first
    return _day_of_year(found, first, second, today)


def _day_of_year(found: re.Match[str], month: int, day: int, today: date) -> date | None:
    near = in_year(found["year"], month, day, today)
    if found["year"] or near is None:
        return near
    is_told = (near - today).days > DAY_AHEAD_DAYS and _is_past(found)
    return coming(near, today, DAY_ASKED_ABOUT_DAYS, is_past=is_told)


def _feast(found: re.Match[str], today: date, _: bool) -> date | None:
    name = " ".join(found["feast"].lower().replace("’", "'").split())
    if found["year"]:
        year = han_dates.YEARS.get(found["year"])
        return feast_day(name, int(found["year"]) if year is None else today.year + year)
    return feast_near(name, today, is_past=_is_past(found))


# Tried in this order at one place; what stands first must be the longer reading.
_GRAMMAR: tuple[tuple[str, Resolver], ...] = (
    (r"(?<!\d)(?P<year>20\d\d)[-/.](?P<month>0?[1-9]|1[0-2])[-/.](?P<d>0?[1-9]|[12]\d|3[01])(?!\d)", _written),
    (rf"\b(?P<d>{_N})-(?P<month>{_MONTH})-{_YEAR}\b", _written),
    (rf"\b(?P<first>\d{{1,2}})(?P<mark>[/.-])(?P<second>\d{{1,2}})(?P=mark){_YEAR}\b(?![/.-]\d)", _numeric),
    (r"(?<![\d/.,£$€-])(?!24/7\b)(?P<first>\d{1,2})/(?P<second>\d{1,2})(?P<year>\Z.)?(?![\d/]|\s*(?:of|parcel|box|item|piece|inch|hour|day|week|wk|month|year|\"|cm|mm))", _numeric),
    (rf"\b(?:(?:{_DAY}),?\s+)?(?:the\s+)?(?P<d>{_N})(?:\s+of)?\s*(?P<month>{_MONTH}){_AND_YEAR}\b", _written),
    (rf"\b(?:the\s+)?(?P<d>{any_of(_ORDINALS)})\s+(?:of\s+)?(?P<month>{_MONTH}){_AND_YEAR}\b", _spelled),
    (rf"\b(?P<month>{_MONTH})\s+(?:the\s+)?(?P<d>{_N})(?!\d|\s*(?:pounds|quid|days|weeks))(?:,?\s+(?P<year>20\d\d))?\b", _written),
    (rf"\b(?P<d>{_N})(?={_TO}{_N}(?:\s+of)?\s+(?P<month>{_MONTH}){_AND_YEAR}\b)", _written),
    (rf"\b(?P<month>{_MONTH})\s+{_N}{_TO}(?P<span>(?P<d>{_N}))(?!\d)(?:,?\s+(?P<year>20\d\d))?\b", _written),
    (rf"\b(?:the\s+)?(?P<d>{_NTH})\s+(?:of\s+)?(?P<which>next|last|this)\s+month\b", _nth_of_month),
    (rf"\b(?P<day>{_DAY})\s+(?:the\s+)?(?P<d>{_NTH})\b", _weekday_nth),
    (rf"\b(?:the\s+)?(?P<d>{any_of(_ORDINALS)})\s+of\s+(?P<which>next|last|this)\s+month\b", _nth_of_month),
    (rf"\b(?P<span>(?P<name>{any_of(_NAMED)}))s?\b", _named),
    (r"\ba\s+(?P<unit>week|fortnight)\s+(?P<from>today|tomorrow)\b", _week_from),
    (r"\b(?P<from>today|tomorrow)\s+(?P<unit>week|fortnight)\b", _week_from),
    (rf"\b(?P<count>{_COUNT})\s+{_UNIT}\s+(?:(?P<ago>(?:ago|back)(?:\s+today)?)|from\s+(?:now|today))\b", _counted),
    (rf"\bin\s+(?P<count>{_COUNT})\s+{_UNIT}(?P<ago>\Z.)?(?:\s+time|['’]s?\s+time)?\b", _counted),
    (rf"\b(?P<which>a\s+fortnight\s+on|two\s+weeks\s+on|a\s+week\s+on|a\s+week\s+from|week\s+on|next|last|this|this\s+coming|coming)\s+(?P<day>{_DAY})(?P<week>\s+week)?\b", _weekday),
    (rf"\b(?P<day>{_DAY})\s+(?:of\s+)?(?P<which>next)\s+week(?P<week>\Z.)?\b", _weekday),
    (rf"\b(?P<day>{_DAY})(?=\s+(?:or|and|to)\s+(?:{_DAY})\s+(?:of\s+)?(?P<which>next)\s+week\b)(?P<week>\Z.)?", _weekday),
    (rf"\b(?P<which>\Z.)?(?P<day>{_DAY})(?=\s*(?:or|and|to|&|/|-)\s*(?:{_DAY})\b)(?P<week>\Z.)?", _weekday),
    (rf"\b(?P<which>next)\s+week,?\s+(?:on\s+)?(?P<day>{_DAY})(?P<week>\Z.)?\b", _weekday),
    (rf"\b(?P<name>week|month|{_DAY})\s+after\s+next\b", _after_next),
    (rf"\b(?P<which>\Z.)?(?P<day>{_FULL_DAY})(?P<week>\s+week)?\b", _weekday),
    (rf"{_BEFORE}(?P<span>(?P<which>\Z.)?(?P<day>{_DAY})(?P<week>\s+week)?)\b", _weekday),
    (r"\b(?:the\s+)?(?P<end>end|last\s+day)\s+of\s+(?:(?P<which>this|next|last)\s+|the\s+)?(?P<period>week|month)\b", _period),
    (r"\b(?P<end>\Z.)?(?:(?P<which>this|next|last)\s+(?P<period>weekend|week|month))\b", _period),
    (r"\b(?P<end>\Z.)?(?P<which>\Z.)?(?:the|at)\s+(?P<period>weekend)\b", _period),
    (r"\b(?:the\s+)?end\s+of\s+(?:the\s+|this\s+)?year\b", _year_end),
    (rf"\b(?:the\s+)?(?P<d>{_NTH})\b(?!\s+(?:time|floor|order|parcel|box|one|item|class|attempt|email|message|day|week|month|birthday|century|ave|st\b))", _nth),
    (rf"\b(?P<feast>{any_of(name for name in FEASTS if name.isascii() and name.islower())})(?:\s+(?P<year>20\d\d))?\b", _feast),
    (rf"\b(?:the\s+)?(?P<end>end|last\s+day)\s+of\s+(?P<month>{_FULL_MONTH})(?:\s+(?P<year>20\d\d))?\b", _month_alone),
    (rf"{_IN}(?P<span>(?P<end>\Z.)?(?P<month>{_FULL_MONTH})(?:\s+(?P<year>20\d\d))?)\b", _month_alone),
    (rf"(?:(?P<year>{'|'.join(han_dates.YEARS)})的?)?(?<![\d一二三四五六七八九十])(?P<feast>{any_of(name for name in FEASTS if not name.islower())})(?!\d)", _feast),
    *han_dates.GRAMMAR,
)  # fmt: skip

_COMPILED = tuple((re.compile(pattern, re.IGNORECASE), resolve) for pattern, resolve in _GRAMMAR)


def find_dates(text: str, today: date, country: str) -> Iterator[tuple[int, int, date]]:
    """Dates in a text with their offsets, left to right, none overlapping; the longer reading wins.

    A weekday beside a date that falls on it says nothing more: "Tuesday 8/12", "12月8日（周二）"."""
    read: list[DayRead] = []
    for found in sorted(_matches(text, today, country), key=lambda found: (found.start, -found.end)):
        if read and found.start < read[-1].end:
            continue
        if read and _BESIDE.fullmatch(text, read[-1].end, found.start) and _are_one(read[-1], found):
            other = read.pop()
            found = other if found.is_weekday else found
        read.append(found)
    yield from ((found.start, found.end, found.day) for found in read)


def _are_one(first: DayRead, second: DayRead) -> bool:
    is_weekday_of_other = first.is_weekday != second.is_weekday
    return is_weekday_of_other and first.day.weekday() == second.day.weekday()


def resolve_date(text: str, today: date, country: str) -> date | None:
    """The day an expression means, relative to `today`; None where the grammar does not know it."""
    # A leading "on" lets short names through that elsewhere are ordinary words: "sat", "may".
    for padded in (text, f"on {text}", f"in {text}"):
        if found := next(find_dates(padded, today, country), None):
            return found[2]
    return None


def _matches(text: str, today: date, country: str) -> Iterator[DayRead]:
    for pattern, resolve in _patterns_for(_features(text)):
        for found in pattern.finditer(text):
            day = resolve(found, today, country in MONTH_FIRST)
            if day is not None:
                start, end = found.span("span" if "span" in pattern.groupindex else 0)
                yield DayRead(start, end, day, is_weekday=resolve in (_weekday, han_dates.weekday))


def _features(text: str) -> tuple[bool, bool]:
    """What decides which patterns can match at all: digits, and Han characters."""
    return any(map(str.isdigit, text)), not text.isascii() and any(
        "\u4e00" <= char <= "\u9fff" for char in text
    )


@lru_cache(maxsize=4)
def _patterns_for(features: tuple[bool, bool]) -> tuple[tuple[re.Pattern[str], Resolver], ...]:
    has_digits, has_han = features
    return tuple(
        (pattern, resolve)
        for (pattern, resolve), (source, _) in zip(_COMPILED, _GRAMMAR, strict=True)
        if (has_digits or resolve not in (_written, _numeric, _nth, _weekday_nth))
        and (has_han or not re.search("[\u4e00-\u9fff]", source))
    )
