"""Dates as customers write them, English and Chinese: "next friday", "14 march", "3/4", "下周五"."""

import calendar
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import lru_cache

from nlu.numerals import HAN, VAGUE, WORDS, number_of

# Countries that write the month first in 3/4; elsewhere the day comes first.
MONTH_FIRST = frozenset({"US", "PH", "CN", "TW", "JP", "KR", "HU", "LT", "CA"})

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
_HAN_DAYS = {han: n for n, han in enumerate("一二三四五六日")} | {"天": 6, "末": 5}
_FEASTS = {"christmas eve": (12, 24), "christmas day": (12, 25), "christmas": (12, 25), "xmas": (12, 25),
           "boxing day": (12, 26), "new year's eve": (12, 31), "new years eve": (12, 31),
           "new year's day": (1, 1), "new years day": (1, 1)}  # fmt: skip
_NAMED = {
    "today": 0, "tonight": 0, "this morning": 0, "this afternoon": 0, "this evening": 0, "tomorrow": 1, "tomorow": 1,
    "tommorow": 1, "tommorrow": 1, "tmrw": 1, "tmw": 1, "tomoz": 1, "2moro": 1, "yesterday": -1, "last night": -1,
    "the day after tomorrow": 2, "day after tomorrow": 2, "the day before yesterday": -2, "day before yesterday": -2,
    "今天": 0, "今日": 0, "今晚": 0, "今早": 0, "明天": 1, "明日": 1, "明早": 1, "明晚": 1, "后天": 2, "大后天": 3,
    "昨天": -1, "昨日": -1, "昨晚": -1, "前天": -2, "大前天": -3,
}  # fmt: skip


def _any(words: object) -> str:
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in sorted(words, key=len, reverse=True))  # type: ignore[call-overload]


_DAY = _any(_DAYS)
_FULL_DAY = _any(name for name in _DAYS if name not in ("mon", "wed", "sat", "sun"))  # those are words, too
_MONTH = rf"(?:{_any(_MONTHS)})\.?"
_FULL_MONTH = _any(name for name in _MONTHS if len(name) > 4 or name in ("june", "july", "may"))
_NTH = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)"
_N = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_COUNT = rf"(?:\d{{1,3}}|{VAGUE}|{WORDS})"
_UNIT = r"(?P<unit>days?|weeks?|wks?|fortnights?|months?|years?|yrs?)"
_YEAR = r"(?P<year>20\d\d|'?\d\d)"
_BEFORE = r"\b(?:on|by|till?|until|for|from|since|or|every)\s+"
_IN = r"\b(?:in|since|until|till|by|from|of|early|late)\s+"

Resolver = Callable[[re.Match[str], date, bool], date | None]


def _named(found: re.Match[str], today: date, _: bool) -> date:
    return today + timedelta(_NAMED[" ".join(found["name"].lower().split())])


def _weekday(found: re.Match[str], today: date, _: bool) -> date:
    """The coming one; "this" may be today; "next" is that of the next week; "last" the one before today."""
    which, day = (found["which"] or "").lower().split(), _DAYS[found["day"].lower()]
    ahead = (day - today.weekday()) % 7
    if "next" in which:
        return _monday(today, 1) + timedelta(day)
    if "last" in which:
        return today - timedelta((today.weekday() - day) % 7 or 7)
    if "this" in which:
        return today + timedelta(ahead)
    later = 7 if found["week"] or "week" in which else 0
    return today + timedelta((ahead or 7) + later)


def _counted(found: re.Match[str], today: date, _: bool) -> date | None:
    n = number_of(found["count"])
    if n is None:
        return None
    sign = -1 if found["ago"] else 1
    return _shift(today, sign * int(n), found["unit"].lower()[0])


def _shift(today: date, n: int, unit: str) -> date | None:
    try:
        if unit in "my":
            months = today.month - 1 + n * (12 if unit == "y" else 1)
            year, month = today.year + months // 12, months % 12 + 1
            return date(year, month, min(today.day, calendar.monthrange(year, month)[1]))
        return today + timedelta(n * {"d": 1, "w": 7, "f": 14}[unit])
    except (ValueError, OverflowError):
        return None


def _period(found: re.Match[str], today: date, _: bool) -> date:
    """A week or month stands for its first day (this week: today); its end for Friday or its last day."""
    step = {"next": 1, "last": -1}.get((found["which"] or "").lower(), 0)
    is_end = bool(found["end"])
    if found["period"].lower() == "weekend":
        return _monday(today, step) + timedelta(5)
    if found["period"].lower() == "week":
        return _monday(today, step) + timedelta(4) if is_end else _monday(today, step) if step else today
    return _month(today, step, is_end)


def _month(today: date, step: int, is_end: bool) -> date:
    year, month = divmod(today.year * 12 + today.month - 1 + step, 12)
    first = date(year, month + 1, 1)
    if is_end:
        return first.replace(day=calendar.monthrange(year, month + 1)[1])
    return first if step else today


def _monday(today: date, weeks: int) -> date:
    return today - timedelta(today.weekday()) + timedelta(7 * weeks)


def _nth(found: re.Match[str], today: date, _: bool) -> date | None:
    """The next month that has this day; today counts."""
    day = int(re.sub(r"\D", "", found["d"]))
    for step in range(3):
        month = _month(today, step, True)
        if day <= month.day and month.replace(day=day) >= today:
            return month.replace(day=day)
    return None


def _written(found: re.Match[str], today: date, _: bool) -> date | None:
    month = found["month"].lower().strip(".")
    number = int(month) if month.isdigit() else _MONTHS[month]
    day = int(re.sub(r"\D", "", found["d"])) if found["d"] else 1
    return _in_year(found["year"], number, day, today)


def _numeric(found: re.Match[str], today: date, is_month_first: bool) -> date | None:
    first, second = int(found["first"]), int(found["second"])
    if first > 12 or (second <= 12 and not is_month_first):
        first, second = second, first
    return _in_year(found["year"], first, second, today)


def _feast(found: re.Match[str], today: date, _: bool) -> date | None:
    month, day = _FEASTS[" ".join(found["feast"].lower().replace("’", "'").split())]
    return _in_year(None, month, day, today)


def _in_year(written: str | None, month: int, day: int, today: date) -> date | None:
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


def _han_weekday(found: re.Match[str], today: date, _: bool) -> date:
    which, day = found["which"] or "", _HAN_DAYS[found["day"]]
    steps = which.count("下") - which.count("上")
    if steps or which:
        return _monday(today, steps) + timedelta(day)
    return today + timedelta((day - today.weekday()) % 7 or 7)


def _han_period(found: re.Match[str], today: date, _: bool) -> date:
    which = found["which"] or found["which2"] or ""
    step = which.count("下") - which.count("上")
    if found["period"]:
        return _month(today, step, True)
    if found["period2"] == "月":
        return _month(today, step, False)
    return _monday(today, step) if step else today


def _han_month_day(found: re.Match[str], today: date, _: bool) -> date | None:
    month = _month(today, found["which"].count("下") - found["which"].count("上"), True)
    return month.replace(day=int(found["d"])) if int(found["d"]) <= month.day else None


def _han_counted(found: re.Match[str], today: date, _: bool) -> date | None:
    n = number_of(found["count"])
    if n is None:
        return None
    unit = {"天": "d", "日": "d", "周": "w", "星期": "w", "礼拜": "w", "月": "m", "年": "y"}[found["unit"]]
    return _shift(today, int(n) * (-1 if found["side"].endswith("前") else 1), unit)


# Tried in this order at one place; what stands first must be the longer reading.
_GRAMMAR: tuple[tuple[str, Resolver], ...] = (
    (r"\b(?P<year>20\d\d)-(?P<month>0?[1-9]|1[0-2])-(?P<d>0?[1-9]|[12]\d|3[01])\b", _written),
    (rf"\b(?P<first>\d{{1,2}})(?P<mark>[/.-])(?P<second>\d{{1,2}})(?P=mark){_YEAR}\b(?![/.-]\d)", _numeric),
    (r"(?<![\d/.,£$€-])(?!24/7\b)(?P<first>\d{1,2})/(?P<second>\d{1,2})(?P<year>\Z.)?(?![\d/]|\s*(?:of|parcel|box|item|piece|inch|hour|day|week|wk|month|year|\"|cm|mm))", _numeric),
    (rf"\b(?:(?:{_DAY})\s+)?(?:the\s+)?(?P<d>{_N})(?:\s+of)?\s*(?P<month>{_MONTH})(?:,?\s+{_YEAR})?\b", _written),
    (rf"\b(?P<month>{_MONTH})\s+(?:the\s+)?(?P<d>{_N})(?!\d|\s*(?:pounds|quid|days|weeks))(?:,?\s+(?P<year>20\d\d))?\b", _written),
    (rf"\b(?:{_DAY})\s+(?:the\s+)?(?P<d>{_NTH})\b", _nth),
    (rf"\b(?P<name>{_any(name for name in _NAMED if name.isascii())})\b", _named),
    (rf"(?P<name>{_any(name for name in _NAMED if not name.isascii())})", _named),
    (rf"\b(?P<count>{_COUNT})\s+{_UNIT}\s+(?:(?P<ago>ago|back|earlier)|from\s+(?:now|today)|later)\b", _counted),
    (rf"\bin\s+(?P<count>{_COUNT})\s+{_UNIT}(?P<ago>\Z.)?(?:\s+time|['’]s?\s+time)?\b", _counted),
    (rf"\b(?P<which>a\s+week\s+on|week\s+on|next|last|this|this\s+coming)\s+(?P<day>{_DAY})(?P<week>\s+week)?\b", _weekday),
    (rf"\b(?P<day>{_DAY})\s+(?:of\s+)?(?P<which>next)\s+week(?P<week>\Z.)?\b", _weekday),
    (rf"\b(?P<which>next)\s+week,?\s+(?:on\s+)?(?P<day>{_DAY})(?P<week>\Z.)?\b", _weekday),
    (rf"\b(?P<which>\Z.)?(?P<day>{_FULL_DAY})(?P<week>\s+week)?\b", _weekday),
    (rf"{_BEFORE}(?P<span>(?P<which>\Z.)?(?P<day>{_DAY})(?P<week>\s+week)?)\b", _weekday),
    (r"\b(?:the\s+)?(?P<end>end)\s+of\s+(?:(?P<which>this|next|last)\s+|the\s+)?(?P<period>week|month)\b", _period),
    (r"\b(?P<end>\Z.)?(?:(?P<which>this|next|last)\s+(?P<period>weekend|week|month))\b", _period),
    (r"\b(?P<end>\Z.)?(?P<which>\Z.)?(?:the|at)\s+(?P<period>weekend)\b", _period),
    (rf"\b(?:the\s+)?(?P<d>{_NTH})\b(?!\s+(?:time|floor|order|parcel|box|one|item|class|attempt|email|message|day|week|month|birthday|century|ave|st\b))", _nth),
    (rf"\b(?P<feast>{_any(_FEASTS)})\b", _feast),
    (rf"{_IN}(?P<span>(?P<month>{_FULL_MONTH})(?P<d>\Z.)?(?:\s+(?P<year>20\d\d))?)\b", _written),
    (r"(?:(?P<year>20\d\d)年)?(?P<month>1[0-2]|0?[1-9])月(?P<d>[12]\d|3[01]|0?[1-9])[日号]?", _written),
    (r"(?P<which>上上个?|下下个?|上个?|下个?|这个?|本)?(?:周|星期|礼拜)(?P<day>[一二三四五六日天末])", _han_weekday),
    (r"(?P<which>上个?|下个?|这个?|本)月(?P<d>[12]\d|3[01]|0?[1-9])[日号]", _han_month_day),
    (r"(?P<which>上上个?|下下个?|上个?|下个?|这个?|本)?(?P<period>月底)|(?P<which2>上上个?|下下个?|上个?|下个?|这个?|本)(?P<period2>周|星期|礼拜|月)", _han_period),
    (rf"(?P<count>\d{{1,3}}|{HAN})个?(?P<unit>天|日|周|星期|礼拜|月|年)(?P<side>之?[后前]|以[后前])", _han_counted),
    (r"(?<![\d.第])(?P<d>[12]\d|3[01]|0?[1-9])号(?![码楼线店])", _nth),
)  # fmt: skip

_COMPILED = tuple((re.compile(pattern, re.IGNORECASE), resolve) for pattern, resolve in _GRAMMAR)


def find_dates(text: str, today: date, country: str) -> Iterator[tuple[int, int, date]]:
    """Dates in a text with their offsets, left to right, none overlapping; the longer reading wins."""
    end = 0
    for start, stop, day in sorted(_matches(text, today, country), key=lambda span: (span[0], -span[1])):
        if start >= end:
            yield start, stop, day
            end = stop


def resolve_date(text: str, today: date, country: str) -> date | None:
    """The day an expression means, relative to `today`; None where the grammar does not know it."""
    # A leading "on" lets short names through that elsewhere are ordinary words: "sat", "may".
    for padded in (text, f"on {text}", f"in {text}"):
        if found := next(find_dates(padded, today, country), None):
            return found[2]
    return None


def _matches(text: str, today: date, country: str) -> Iterator[tuple[int, int, date]]:
    for pattern, resolve in _patterns_for(_features(text)):
        for found in pattern.finditer(text):
            day = resolve(found, today, country in MONTH_FIRST)
            if day is not None:
                yield *found.span("span" if "span" in pattern.groupindex else 0), day


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
        if (has_digits or resolve not in (_written, _numeric, _nth) or _FULL_MONTH in source)
        and (has_han or not re.search("[\u4e00-\u9fff]", source))
    )
