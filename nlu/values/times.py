"""Times of day: "3pm", "half past three", "下午三点" -> "15:00"; "tomorrow morning" -> "morning"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from nlu.values.numerals import number_of
from nlu.values.patterns import leftmost

Half = Literal["am", "pm", "noon", "night", ""]

AFTERNOON_HOURS = range(1, 7)  # "at 3" without more is in the afternoon, "at 8" in the morning

_HOURS = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_NAMED = {"noon": "12:00", "midday": "12:00", "lunchtime": "12:00", "lunch time": "12:00", "midnight": "00:00",
          "morning": "morning", "afternoon": "afternoon", "evening": "evening", "night": "night", "凌晨": "night",
          "半夜": "night", "午夜": "00:00", "夜里": "night", "深夜": "night", "清晨": "morning", "早晨": "morning", "早上": "morning",
          "上午": "morning", "中午": "12:00", "下午": "afternoon", "午后": "afternoon", "傍晚": "evening",
          "晚上": "evening", "晚间": "evening"}  # fmt: skip
_HALVES: dict[str, Half] = {
    "a": "am", "morning": "am", "p": "pm", "afternoon": "pm", "evening": "night", "night": "night", "tonight": "night",
    "12:00": "noon", "00:00": "night", "早": "am", "晚": "night",
}  # fmt: skip
_HAN_NAMES = "|".join(name for name in _NAMED if not name.isascii())
_HAN_PART = f"(?P<part>{_HAN_NAMES}|早|晚)"

_H = rf"(?P<h>1[0-2]|0?[1-9]|{_HOURS})"
_H_M = rf"{_H}(?:[:.](?P<m>[0-5]\d))?(?![\d%])(?:ish\b)?"
_PART = r"(?:(?P<part>[ap])\.?\s?m\b\.?|in\s+the\s+(?P<part_word>morning|afternoon|evening)\b|at\s+(?P<part_night>night)\b)"
_TO = r"\s*(?:[-–~]|to|and|or|till|until)\s*"
_AT = r"\b(?:at|around|about|by|from|after|before|until|till|past)\s+"
_ON = r"(?:\s+(?:on|tomorrow|today|next|this|\w+day))*\s+"
_DAY_NEXT = r"(?:on|today|tomorrow|tonight|yesterday|this\s+(?:morning|afternoon|evening))\b"
# After a bare hour: no number, unit or noun that is counted, nor a street.
_NO_COUNT = (
    r"(?!\s*[%£$€¥\d/-]|[.:,]\d|\s*(?:kg|g|cm|mm|m|ml|l|lb|oz|gb|km|k)\b|\s+(?:[a-z]+\s+)?(?:days?|weeks?|hours?|hrs?|months?|"
    r"minutes?|mins?|years?|people|children|men|women|percent|per|different|separate|whole|full|quid|euro|pound|dollar|grand|million|thousand|hundred|of|more|"
    r"other|or|and)\b(?!\s+(?:i|we|he|she|they|then|nobody)\b)|\s+(?!(?:is|was|works|suits|this|as|does|perhaps|unless)\b)[a-z]+s\b"
    r"|(?-i:\s+(?!(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)|I\b)[A-Z][a-z]))"
)
_START = r"(?<![\w£$€¥/])(?<!\d[.:,-])"
_HAN_H = r"(?P<h>1\d|2[0-4]|0?\d|二?十[一二三四五六七八九]?|[零一二两三四五六七八九])"
_HAN_M = r"(?:(?P<m>[0-5]\d|\d(?=分)|[二三四五]?十[一二三四五六七八九]?|[零〇][一二三四五六七八九])分?|(?P<half>半)|(?P<quarter>[一三])刻)"

_CLOCKS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_START}{_H_M}(?={_TO}(?P<until>1[0-2]|0?[1-9])(?:[:.][0-5]\d)?\s?(?P<part>[ap])\.?\s?m\b)",
        rf"{_START}{_H_M}\s?{_PART}",
        rf"\b(?P<past>half|quarter|five|ten|twenty|\d{{1,2}})\s+(?P<side>past)\s+{_H}\b(?:\s+{_PART})?",
        rf"\b(?P<past>quarter|five|ten|twenty)\s+(?P<side>to)\s+{_H}\b(?:\s+{_PART}|{_NO_COUNT})",
        rf"{_AT}(?P<span>(?P<past>half)\s+{_H})\b{_NO_COUNT}",
        rf"{_START}{_H}[:.](?P<m>[0-5][05])(?=\s+{_DAY_NEXT})",
        rf"{_START}{_H}\s+o['’]?\s?clock\b(?:\s+{_PART})?",
        r"(?<![\da-z.:£$€])(?P<h>[01]?\d|2[0-3]):(?P<m>[0-5]\d)(?::[0-5]\d)?(?![\d:])",
        rf"{_START}(?P<h>[01]\d|2[0-3])[:.]?(?P<m>[0-5]\d)\s?(?:hrs?|hours|h)\b",
        rf"{_AT}(?P<span>{_H_M})(?={_ON}(?P<part>morning|afternoon|evening|tonight|night)\b)",
        rf"\b(?P<part>morning|afternoon|evening|tonight|night)\s+(?:at|around|by|from|after|before)\s+(?P<span>{_H_M})(?!\s?[ap]\.?m)",
        rf"\b(?:at|around|about|after|before|until|till)\s+(?!(?:1|one)\b)(?P<span>{_H_M}){_NO_COUNT}",
        r"\b(?:at|around|about|after|before|until|till)\s+(?P<span>(?P<h>1|one))(?=\s*(?:$|[!?;,]|\.(?!\d)|on\b|tomorrow\b|today\b))",
        rf"\b(?:at|around|after|before|until|till|by)\s+(?P<span>{_H}[:.](?P<m>[0-5][05]))(?![\d%])(?!\s?[ap]\.?m)",
        r"(?<![\w.])(?P<h>[01]?\d|2[0-3])h(?P<m>[0-5]\d)\b",
        rf"\bfrom\s+(?P<span>{_H_M})(?=\s+(?:til|till|until)\s+\d)",
        rf"\bbetween\s+(?P<span>{_H})(?=\s+and\s+(?:\d{{1,2}}|{_HOURS})\b{_NO_COUNT})",
        rf"\bbetween\s+(?:\d{{1,2}}|{_HOURS})\s+and\s+(?P<span>{_H})\b{_NO_COUNT}",
    )
)
_HAN_CLOCKS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<=[今明昨当](?P<part>[早晚])){_HAN_H}点(?:{_HAN_M})?",
        rf"(?:(?<![今明昨当]){_HAN_PART})?(?<![\d第.]){_HAN_H}(?:点|(?<=\d)时)(?!问题|建议|意见|要求|原因|不)(?:{_HAN_M}|(?P<sharp>[钟整]|(?=之?[前后]|以[前后]|左右)))?",
        rf"{_HAN_PART}(?P<h>[01]?\d|2[0-3]):(?P<m>[0-5]\d)(?!\d)",
    )
)
_NAMES = re.compile(
    r"(?<!good )(?<!gud )\b(?P<name>morning|afternoon|evening|noon|midday|lunch\s?time|midnight(?!\s+(?:blue|black|gr[ae]y)))\b"
    rf"|\b(?:at\s+|(?<=day\s)|(?<=tomorrow\s))(?P<night>night)\b|(?<![今明昨])(?P<han>{_HAN_NAMES})(?![好茶])",
    re.IGNORECASE,
)
_GREETING = re.compile(r"\s*(?:morning|afternoon|evening)\s*(?:[,!.]|$|all\b|team\b)", re.IGNORECASE)
_CAN_HAVE_TIME = re.compile(
    rf"\d|[点午晚晨早夜]|noon|midday|lunch|midnight|morning|evening|night|clock|\bhalf\b|\b(?:past|to|at|before|after|until|till|around|about|by|between)\s+(?:{_HOURS})\b",
    re.IGNORECASE,
)
_RANGE = re.compile(r"\s*(?:[-–~到至和或]|to|and|or|till|until)\s*", re.IGNORECASE)
# What may stand between a clock and the part of the day it is in: "at 10 on friday morning".
_SAME_TIME = re.compile(
    r"[\s,]*(?:(?:at|around|by|from|after|before|on|in|the|tomorrow|today|next|this|\w+day)\b[\s,]*)*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Clock:
    """Where a time of day stands, and what is written there: an hour of 0 to 24, and which half of the day."""

    start: int
    end: int
    hour: int
    minute: int
    half: Half
    is_24h: bool

    def value(self, half: Half) -> str:
        """As "15:00"; without a half of the day the hour that a desk's customer means."""
        hour = self.hour
        if half == "am" or (half == "night" and hour in (12, 1, 2, 3, 4)):
            hour %= 12
        elif half in ("pm", "night"):
            hour = hour if hour >= 12 else hour + 12
        elif half == "noon":
            hour = hour + 12 if hour < 3 else hour
        elif not self.is_24h and hour in AFTERNOON_HOURS:
            hour += 12
        return f"{hour % 24:02}:{self.minute:02}"


def find_times(text: str) -> Iterator[tuple[int, int, str]]:
    """Times of day with their offsets: "15:00", or where no hour is said "morning", "afternoon", "evening", "night"."""
    if not _CAN_HAVE_TIME.search(text):
        return
    clocks = list(_clocks(text))
    found = [
        (start, end, value) for start, end, value in _named(text) if not _belongs(text, start, end, clocks)
    ]
    half: Half = ""
    for before, clock in zip([None, *clocks], clocks, strict=False):
        is_range = before is not None and _RANGE.fullmatch(text, before.end, clock.start)
        half = clock.half or (half if is_range else "")
        if half == "am" and not clock.half and clock.hour == 12:
            half = "noon"  # 10点到12点 ends at noon
        found.append((clock.start, clock.end, clock.value(half)))
    yield from sorted(found)


def _clocks(text: str) -> Iterator[Clock]:
    patterns = _CLOCKS if text.isascii() else _CLOCKS + _HAN_CLOCKS
    read = [clock for pattern in patterns for found in pattern.finditer(text) if (clock := _clock(found))]
    return leftmost(read, lambda clock: (clock.start, clock.end))


def _clock(found: re.Match[str]) -> Clock | None:
    groups = found.groupdict()
    hour = number_of(groups["h"])
    if hour is None:
        return None
    minute = _minute(groups)
    if groups.get("side", "").lower() == "to":
        hour, minute = hour - 1 or 12, 60 - minute
    part = groups.get("part") or groups.get("part_word") or groups.get("part_night") or ""
    half = _HALVES.get(_NAMED.get(part, part).lower(), "")
    if until := groups.get("until"):  # 11 to 1pm starts in the morning
        half = half if hour % 12 < int(until) % 12 else ("pm" if half == "am" else "am")
    is_vague = groups["h"] == "一" and part in ("", "早", "晚") and "sharp" in groups
    is_clock = not is_vague or minute or groups["sharp"] is not None  # 一点, 晚一点: a little, a little later
    if hour > 24 or minute > 59 or not is_clock:
        return None
    start, end = found.span("span" if "span" in groups else 0)
    return Clock(start, end, int(hour), minute, half, is_24h=groups["h"].startswith("0"))


def _minute(groups: dict[str, str | None]) -> int:
    past = (groups.get("past") or "").lower()
    if past in ("half", "quarter"):
        return {"half": 30, "quarter": 15}[past]
    if groups.get("half"):
        return 30
    if groups.get("quarter"):
        return 15 if groups["quarter"] == "一" else 45
    return int(number_of(past or groups.get("m") or "0") or 0)


def _named(text: str) -> Iterator[tuple[int, int, str]]:
    for found in _NAMES.finditer(text):
        if found.start() > 2 or not _GREETING.match(text):
            name = (found["name"] or found["night"] or found["han"]).lower()
            yield *found.span(), _NAMED[" ".join(name.split())]


def _belongs(text: str, start: int, end: int, clocks: list[Clock]) -> bool:
    """Whether a part of the day only says which half of the day a clock means."""
    return any(
        clock.start <= start < clock.end
        or (clock.half and clock.end <= start and _SAME_TIME.fullmatch(text, clock.end, start))
        or (clock.half and end <= clock.start and _SAME_TIME.fullmatch(text, end, clock.start))
        for clock in clocks
    )
