"""Dates in Chinese: "明天", "下周五", "十二月十五日", "三天后", "月底"."""

import re
from collections.abc import Callable
from datetime import date, timedelta

from nlu.values.days import (
    MONTH_ASKED_ABOUT_DAYS,
    coming,
    in_year,
    last_of,
    monday_from,
    month_from,
    nth_of_month,
    shift,
)
from nlu.values.numerals import HAN, number_of
from nlu.values.tense import is_past

_DAYS = {han: n for n, han in enumerate("一二三四五六日")} | {"天": 6, "末": 5}
_NAMED = {
    "今天": 0, "今日": 0, "今晚": 0, "今早": 0, "今晨": 0, "当天": 0, "明天": 1, "明日": 1, "明早": 1, "明晚": 1,
    "明儿": 1, "后天": 2, "大后天": 3, "昨天": -1, "昨日": -1, "昨晚": -1, "昨夜": -1, "前天": -2, "前晚": -2,
    "大前天": -3,
}  # fmt: skip
YEARS = {"前年": -2, "去年": -1, "今年": 0, "明年": 1, "后年": 2}
_UNITS = {"天": "d", "日": "d", "周": "w", "星期": "w", "礼拜": "w", "月": "m", "年": "y"}

_D = r"(?:[12]\d|3[01]|0?[1-9]|[一二]?十[一二三四五六七八九]?|三十一?|[一二三四五六七八九])"
_M = r"(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
_YEAR = rf"(?:(?P<year>20\d\d|[12二一][零〇一二三四五六七八九]{{3}}|{'|'.join(YEARS)})年?的?)?"
_WEEK = "(?:周|星期|礼拜)"
_WHICH = "上上个?|下下个?|上个?|下个?|这个?|本"

# 下周一或者周四: the second is next week's, too.
_LISTED = re.compile(rf"(?P<which>{_WHICH}){_WEEK}[一二三四五六日天](?:或者?|和|到|至|、|-)\Z")

Resolver = Callable[[re.Match[str], date, bool], date | None]


def _steps(which: str | None) -> int:
    return (which or "").count("下") - (which or "").count("上")


def _is_past(found: re.Match[str]) -> bool:
    return is_past(found.string, *found.span())


def _number(text: str) -> int:
    return int(number_of(text) or 0)


def _named(found: re.Match[str], today: date, _: bool) -> date:
    return today + timedelta(_NAMED[found["name"]])


def weekday(found: re.Match[str], today: date, _: bool) -> date:
    which, day = found["which"] or "", _DAYS[found["day"]]
    if not which and (listed := _LISTED.search(found.string, 0, found.start())):
        which = listed["which"]
    if which:
        return monday_from(today, _steps(which)) + timedelta(day)
    if _is_past(found):
        return today - timedelta((today.weekday() - day) % 7 or 7)
    return today + timedelta((day - today.weekday()) % 7 or 7)


def _month_end(found: re.Match[str], today: date, _: bool) -> date:
    return month_from(today, _steps(found["which"]), True)


def _period(found: re.Match[str], today: date, _: bool) -> date:
    """A week or month stands for its first day, this week for today."""
    step = _steps(found["which"])
    if found["period"] == "月":
        return month_from(today, step, False)
    return monday_from(today, step) if step else today


def _year_end(found: re.Match[str], today: date, _: bool) -> date:
    return last_of(today.year + YEARS.get(found["which"] or "", 0), 12)


def _year_of(found: re.Match[str], today: date) -> str | None:
    year = found["year"]
    if year in YEARS:
        return str(today.year + YEARS[year])
    return str(_number(year)) if year else None


def _written(found: re.Match[str], today: date, _: bool) -> date | None:
    return in_year(_year_of(found, today), _number(found["month"]), _number(found["d"]), today)


def _month_alone(found: re.Match[str], today: date, _: bool) -> date | None:
    year = _year_of(found, today)
    first = in_year(year, _number(found["month"]), 1, today)
    if not year:
        first = coming(first, today, MONTH_ASKED_ABOUT_DAYS, is_past=_is_past(found))
    return last_of(first.year, first.month) if first and found["end"] else first


def _day_of_month(found: re.Match[str], today: date, _: bool) -> date | None:
    month, day = month_from(today, _steps(found["which"]), True), _number(found["d"])
    return month.replace(day=day) if day <= month.day else None


def _nth(found: re.Match[str], today: date, _: bool) -> date | None:
    return nth_of_month(today, _number(found["d"]), is_past=_is_past(found))


def _counted(found: re.Match[str], today: date, _: bool) -> date | None:
    n = number_of(found["count"])
    if n is None:
        return None
    sign = -1 if found["side"].endswith("前") else 1
    if n == 0.5:
        half = {"月": (15, "d"), "年": (6, "m")}.get(found["unit"])
        return shift(today, sign * half[0], half[1]) if half else None
    return shift(today, sign * int(n), _UNITS[found["unit"]])


# As in dates.py, which tries these after its own.
GRAMMAR: tuple[tuple[str, Resolver], ...] = (
    (rf"(?P<name>{'|'.join(sorted(_NAMED, key=len, reverse=True))})", _named),
    (rf"{_YEAR}(?<!\d)(?P<month>{_M})月份?(?P<d>{_D})(?:[日号]|(?![\d个]))", _written),
    (rf"{_YEAR}(?<!\d)(?P<month>{_M})月{_D}[日号]?[-–~到至](?P<span>(?P<d>{_D})[日号])", _written),
    (r"(?P<year>\Z.)?(?<![\d.¥￥])(?P<month>1[0-2]|0?[1-9])\.(?P<d>[12]\d|3[01]|0?[1-9])(?=[号日送发到出]|之?[前后]|的(?:票|航班|火车|机票))", _written),
    (rf"(?P<which>{_WHICH})?{_WEEK}(?P<day>[一二三四五六日天末])(?!到底)", weekday),
    (rf"(?P<which>上个?|下个?|这个?|本)月(?P<d>{_D})[日号]", _day_of_month),
    (rf"(?P<which>{_WHICH})?月[底末]", _month_end),
    (rf"(?P<which>{_WHICH})(?P<period>周|星期|礼拜|月)[初中]?", _period),
    (r"(?P<which>去年|今年|明年|后年)年?[底末]|年[底末]", _year_end),
    (rf"(?P<count>\d{{1,3}}|{HAN}|半)个?(?P<unit>天|日|周|星期|礼拜|月|年)(?P<side>之?[后前]|以[后前])", _counted),
    (rf"再过(?P<count>\d{{1,3}}|{HAN}|半)个?(?P<unit>天|日|周|星期|礼拜|月|年)(?P<side>)", _counted),
    (rf"{_YEAR}(?<!\d)(?P<month>{_M})月份?(?P<end>[底末])?(?![\d初])", _month_alone),
    (rf"(?<![\d.第一二三四五六七八九十百街路道巷弄里村段])(?P<d>{_D})号(?![码楼线店门床仓柜机])", _nth),
)  # fmt: skip
