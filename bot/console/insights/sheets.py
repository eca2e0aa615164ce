"""Tables of figures: the same rows on the page and as CSV."""

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Literal

from aiohttp import web
from babel.dates import format_date

from bot.console.headers import PAGE_HEADERS
from bot.wording import Wording

Kind = Literal["text", "day", "count", "share", "duration", "score"]
Value = str | int | float | date | None
FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # what spreadsheets take for the beginning of one


@dataclass(frozen=True, slots=True)
class Column:
    """Its heading, and what its values are."""

    name: str
    kind: Kind = "count"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table called `name` in addresses."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]


def shown(words: Wording, kind: Kind, value: Value) -> str:
    """A value as people read it."""
    if value is None:
        return "–"
    if isinstance(value, date):
        return _day(value, words.language)
    if isinstance(value, str):
        return value
    match kind:
        case "share":
            return f"{100 * value:.1f} %"
        case "duration":
            return duration(words, value)
        case "score":
            return f"{value:.2f}"
        case _:
            return f"{value:,}"  # as English and Chinese write it


@lru_cache(maxsize=1024)
def _day(day: date, language: str) -> str:
    """Kept, for Babel takes a while."""
    return format_date(day, "d MMM y" if language == "en" else "y年M月d日", locale=language)


def duration(words: Wording, seconds: float) -> str:
    """In the two largest units that say something."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 1:
        return words.say("{n} s", n=rest)
    if minutes < 60:
        return words.say("{n} min", n=minutes)
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return words.say("{hours} h {minutes} min", hours=hours, minutes=minutes)
    return words.say("{days} d {hours} h", days=hours // 24, hours=hours % 24)


def as_csv(sheet: Sheet, period: str) -> web.Response:
    """A download. Shares are 0..1 and durations seconds; what a spreadsheet would take for a formula is a text."""
    written = io.StringIO()
    lines = csv.writer(written)
    lines.writerow([column.name for column in sheet.columns])
    lines.writerows([[_cell(value) for value in row] for row in sheet.rows])
    headers = {"Content-Disposition": f'attachment; filename="kefu-{sheet.name}-{period}.csv"'}
    # The mark tells spreadsheets that it is UTF-8.
    return web.Response(
        body=("\ufeff" + written.getvalue()).encode(),
        content_type="text/csv",
        charset="utf-8",
        headers=PAGE_HEADERS | headers | {"X-Content-Type-Options": "nosniff"},
    )


def _cell(value: Value) -> str | int | float:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return f"'{value}" if value.lstrip(" \n").startswith(FORMULAS) else value
    return round(value, 6)
