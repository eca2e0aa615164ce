"""Retrainings: the one under way as it goes, those before with what the gate said, and when the next one is due."""

from datetime import datetime, timedelta
from importlib.util import find_spec

from aiohttp import web

from bot.console.access import me
from bot.console.console import Console, console_of
from bot.console.forms import form_of
from bot.console.notices import see_other
from bot.console.rendering import render, words_for
from bot.console.routes import get, post
from bot.errors import BotError
from bot.store.candidates.retrainings import STEPS, Retraining, RetrainingUnderWay, Schedule, Status
from bot.store.inbox.views import Person
from bot.store.values import now
from bot.timetable import WEEKDAYS, parse_timetable
from bot.wording import Wording

USUAL = ("night", "03:00")  # offered where nothing is set
ARRIVES_WITHIN = timedelta(seconds=10)  # or the release never was taken over, or given up again


async def retraining_page(request: web.Request) -> web.Response:
    """All of it; the part under way comes again by itself, and once it is over the whole page with what came of it."""
    console, words = console_of(request), words_for(request)
    retrainings = console.store.retrainings
    latest = await retrainings.latest()
    open_one = next((one for one in latest if one.is_open), None)
    is_arriving = bool(latest) and _is_arriving(latest[0], console.engine.release)
    if request.headers.get("HX-Request") == "true" and not open_one and not is_arriving:
        return web.Response(headers={"HX-Refresh": "true", "Cache-Control": "no-store"})
    schedule = await retrainings.schedule()
    every, at = _day_and_time(schedule)
    return render(
        request,
        "retraining.html",
        current=open_one,
        is_arriving=is_arriving,
        over=[one for one in latest if not one.is_open],
        step_names=step_names(words),
        status_name=lambda status: status_name(words, status),
        can_train=find_spec("torch") is not None,
        every=every,
        at=at,
        days=day_names(words),
        following=_next(console, schedule),
        zone=console.settings.desk.time_zone,
        release=console.engine.release,
    )


async def ask(request: web.Request) -> web.Response:
    """Have one begun, by whichever desk comes first."""
    words, staff = words_for(request), _person(request)
    try:
        await console_of(request).store.retrainings.ask(staff.name, staff=staff)
    except RetrainingUnderWay:
        return see_other(request, "/retraining", words.say("A retraining is under way already."))
    return see_other(request, "/retraining", words.say("It begins within seconds."))


async def stop(request: web.Request) -> web.Response:
    """End the one under way; the current release goes on."""
    words, staff = words_for(request), _person(request)
    retrainings = console_of(request).store.retrainings
    found = await retrainings.open()
    if found is None:
        return see_other(request, "/retraining", words.say("It was over already."))
    await retrainings.stop(found.id, staff, words.say("stopped by {name}", name=staff.name))
    return see_other(request, "/retraining", words.say("Stopped. The current release goes on."))


async def set_schedule(request: web.Request) -> web.Response:
    """When the desk does it by itself."""
    console, words, form = console_of(request), words_for(request), await form_of(request)
    day, at = form.get("day", ""), form.get("at", "")
    every = f"{day} at {at}" if day else ""
    try:
        parse_timetable(every, console.settings.desk.zone)
    except BotError:
        raise web.HTTPBadRequest from None
    staff = _person(request)
    await console.store.retrainings.set_schedule(every, staff.name, staff=staff)
    return see_other(request, "/retraining", words.say("Saved: it holds from now on."))


def _is_arriving(latest: Retraining, release: str) -> bool:
    """Whether what it made is still to be taken over by this process."""
    is_new = latest.ended_at is not None and now() - latest.ended_at < ARRIVES_WITHIN
    return latest.status == "done" and latest.release != release and is_new


def _person(request: web.Request) -> Person:
    return Person(me(request).id, me(request).called)


def _day_and_time(schedule: Schedule | None) -> tuple[str, str]:
    """What is set, "" for a day that is never."""
    if schedule is None or not schedule.every:
        return "", USUAL[1]
    day, _, at = schedule.every.lower().removeprefix("every ").partition(" at ")
    return day, at.zfill(5)


def _next(console: Console, schedule: Schedule | None) -> datetime | None:
    table = parse_timetable(schedule.every, console.settings.desk.zone) if schedule else None
    return table.next(now()) if table else None


def step_names(words: Wording) -> dict[str, str]:
    """What each step does."""
    named = (
        words.say("Read the log"),
        words.say("Put all dialogues together"),
        words.say("Train"),
        words.say("Measure both releases"),
        words.say("Gate"),
        words.say("Listen beside the current release"),
        words.say("Go live"),
    )
    return dict(zip(STEPS, named, strict=True))


def status_name(words: Wording, status: Status) -> str:
    match status:
        case "asked":
            return words.say("Waits for a desk that can train")
        case "running":
            return words.say("Under way")
        case "paused":
            return words.say("Waits for the next step from the command line")
        case "shadow":
            return words.say("Listens beside the current release")
        case "done":
            return words.say("Went live")
        case "refused":
            return words.say("Refused by the gate")
        case "failed":
            return words.say("Failed")
        case _:
            return words.say("Stopped")


def day_names(words: Wording) -> tuple[tuple[str, str], ...]:
    """What the form offers, with what the timetable calls it."""
    named = (
        words.say("Every Monday"),
        words.say("Every Tuesday"),
        words.say("Every Wednesday"),
        words.say("Every Thursday"),
        words.say("Every Friday"),
        words.say("Every Saturday"),
        words.say("Every Sunday"),
    )
    return (
        ("", words.say("Never by itself")),
        (USUAL[0], words.say("Every night")),
        *zip(WEEKDAYS, named, strict=True),
    )


ROUTES = (
    get("/retraining", retraining_page, role="lead"),
    post("/retraining/ask", ask, role="lead"),
    post("/retraining/stop", stop, role="lead"),
    post("/retraining/schedule", set_schedule, role="lead"),
)
