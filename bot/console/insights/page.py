"""Insights: a period in figures beside the one before, as pictures, tables and downloads."""

import math
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from aiohttp import web
from babel.dates import format_date
from markupsafe import Markup

from bot.console.console import console_of
from bot.console.insights.alerts import alert_values
from bot.console.insights.alike import alike
from bot.console.insights.charts import Point, bar, heat_map, line_chart
from bot.console.insights.drift import drift_values
from bot.console.insights.periods import LENGTHS, Period, read_period
from bot.console.insights.report import Report, by_weekday, quantile, read_report
from bot.console.insights.report_sheets import sheets_of, weekday_names
from bot.console.insights.sheets import Kind, Sheet, as_csv, shown
from bot.console.rendering import render, words_for
from bot.console.routes import get
from bot.store.values import now
from bot.wording import Wording

EXAMPLES = 300  # of the latest questions without an answer
PATIENCE_S = 0.05  # for days of a period that aren't counted yet; the desk counts the others by itself


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure, and what it was before."""

    name: str
    value: str
    before: str
    note: str = ""


async def insights_page(request: web.Request) -> web.Response:
    """Everything of a period; with `format=csv` one `table` of it."""
    console, words = console_of(request), words_for(request)
    try:
        period = read_period(request.query, console.settings.desk.zone, now())
    except ValueError:
        raise web.HTTPBadRequest from None
    insights, is_download = console.store.insights, request.query.get("format") == "csv"
    report = await read_report(insights, period, patience_s=math.inf if is_download else PATIENCE_S)
    groups = alike(await insights.unanswered(period.begin, period.end, limit=EXAMPLES))
    sheets = sheets_of(words, report, groups)
    if is_download:
        sheet = sheets.get(request.query.get("table", "days"))
        if sheet is None:
            raise web.HTTPNotFound
        return as_csv(sheet, f"{period.first}-{period.last}")
    return render(
        request,
        "insights.html",
        period=period,
        periods=period_names(words),
        span=span(words, period),
        span_before=span(words, period.before),
        query=period_query(period),
        report=report,
        tiles=tiles(words, report),
        sheets=sheets,
        groups=groups,
        shown=partial(shown, words),
        bar=bar,
        widest=widest,
        messages_chart=messages_chart(words, report),
        mood_chart=mood_chart(words, report),
        heat=heat(words, report),
        **await alert_values(request),
        **await drift_values(request),
    )


def period_names(words: Wording) -> tuple[tuple[str, str], ...]:
    names = words.say("Today"), words.say("7 days"), words.say("30 days"), words.say("90 days")
    return tuple(zip(LENGTHS, names, strict=True))


def period_query(period: Period) -> str:
    """What leads to the same period."""
    if period.name != "own":
        return f"period={period.name}"
    return f"period=own&from={period.first}&to={period.last}"


def span(words: Wording, period: Period) -> str:
    """From when to when, in words."""
    first, last = shown(words, "day", period.first), shown(words, "day", period.last)
    if period.first == period.last and period.is_whole:
        return first
    if period.is_whole:
        return words.say("{first} to {last}", first=first, last=last)
    clock = f"{period.end.astimezone(period.zone):%H:%M}"
    if period.first == period.last:
        return words.say("{day} until {clock}", day=first, clock=clock)
    return words.say("{first} to {last}, {clock}", first=first, last=last, clock=clock)


def tiles(words: Wording, report: Report) -> tuple[Tile, ...]:
    """What one looks at first."""
    now, before = report.now, report.before

    def tile(name: str, kind: Kind, value: Any, was: Any, note: str = "") -> Tile:
        return Tile(name, shown(words, kind, value), shown(words, kind, was), note)

    waits = now.all.waits_s, before.all.waits_s
    late = shown(words, "duration", quantile(waits[0], 0.9))
    answered = shown(words, "share", now.ratings.answered_share)
    return (
        tile(words.say("Conversations"), "count", now.all.conversations, before.all.conversations),
        tile(words.say("Customers' messages"), "count", now.all.messages, before.all.messages),
        tile(words.say("Answered by the bot"), "share", now.all.share("answer"), before.all.share("answer")),
        tile(words.say("Resolved"), "share", now.resolved_share, before.resolved_share),
        tile(
            words.say("First reply of a person"),
            "duration",
            quantile(waits[0], 0.5),
            quantile(waits[1], 0.5),
            words.say("median; 90 % within {time}", time=late),
        ),
        tile(
            words.say("Satisfaction, 1 to 5"),
            "score",
            now.ratings.mean,
            before.ratings.mean,
            words.say("{share} of those asked answered", share=answered) if now.ratings.asked else "",
        ),
    )


def messages_chart(words: Wording, report: Report) -> Markup:
    """Messages over the days, over the hours where there is one day."""
    title = words.say("Customers' messages")
    if len(report.now.days) == 1:
        points = [
            _point(f"{hour:02}:00", now, before)
            for hour, (now, before) in enumerate(
                zip(report.now.all.hours, report.before.all.hours, strict=True)
            )
        ]
    else:
        points = [
            _point(_day(words, day), now.messages, before.messages)
            for (day, now), (_, before) in zip(report.now.days, report.before.days, strict=True)
        ]
    desc = words.say(
        "{now} messages, {before} in the period before. The table below has the numbers.",
        now=report.now.all.messages,
        before=report.before.all.messages,
    )
    return line_chart("messages", title, desc, points)


def mood_chart(words: Wording, report: Report) -> Markup:
    """The share of unhappy messages over the days."""
    points = [
        _point(_day(words, day), now.mood().share, before.mood().share, is_share=True)
        for (day, now), (_, before) in zip(report.now.days, report.before.days, strict=True)
    ]
    shares = report.now.all.mood().share, report.before.all.mood().share
    desc = words.say(
        "{now} of the messages are unhappy, {before} in the period before. The table below has the numbers.",
        now=shown(words, "share", shares[0]),
        before=shown(words, "share", shares[1]),
    )
    return line_chart("mood", words.say("Share of unhappy messages"), desc, points, is_share=True)


def heat(words: Wording, report: Report) -> Markup:
    desc = words.say(
        "Messages by weekday and hour; a larger square is more. The table below has the numbers."
    )
    hours = [f"{hour:02}" for hour in range(24)]
    values = by_weekday(report.now.days)
    return heat_map("heat", words.say("Busiest hours"), desc, weekday_names(words), hours, values)


def widest(sheet: Sheet, column: int, before: int) -> float:
    """The largest share of two columns, at least a hundredth: what bars are drawn against."""
    shares = [row[place] for row in sheet.rows for place in (column, before)]
    return max([0.01, *(share for share in shares if isinstance(share, float))])


def _point(label: str, now: float | None, before: float | None, *, is_share: bool = False) -> Point:
    def told(value: float | None) -> str:
        return "–" if value is None else f"{100 * value:.1f} %" if is_share else f"{value:g}"

    return Point(label, now, before, f"{label}: {told(now)} ({told(before)})")


def _day(words: Wording, day: date) -> str:
    return format_date(day, "d MMM" if words.language == "en" else "M月d日", locale=words.language)


ROUTES = (get("/insights", insights_page, role="lead"),)
