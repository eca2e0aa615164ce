"""What the memory was taught by staff: searched, looked through, taken back."""

from datetime import UTC, datetime
from urllib.parse import urlencode

from aiohttp import web

from bot.console.console import console_of
from bot.console.forms import form_of, number_of, small_number
from bot.console.notices import see_other
from bot.console.rendering import render, words_for
from bot.console.review.queue import person
from bot.console.routes import get, post
from bot.store.errors import StoreError
from bot.store.labels.learned import Taught
from bot.wording import Wording

MAX_ASKED = 200  # characters
RELEASE_TIME = "%Y-%m-%d-%H%M%S"  # a release's name begins with it


async def memory_page(request: web.Request) -> web.Response:
    """A page of corrections, the newest first: those since the release, or all."""
    console, words = console_of(request), words_for(request)
    asked = request.query.get("q", "").strip()[:MAX_ASKED]
    since = released_at(console.engine.release)
    wants_all = request.query.get("all") == "1" or since is None
    before = _before(request)
    page = await console.store.labels.taught(None if wants_all else since, asked, before)
    return render(
        request,
        "memory.html",
        page=page,
        asked=asked,
        wants_all=wants_all,
        since=since,
        is_first=before is None,
        query=lambda **changes: _query(asked, wants_all=wants_all, **changes),
        why=lambda one: why_taught(words, one),
    )


async def undo(request: web.Request) -> web.Response:
    """Take a correction back; what gave way to it counts again."""
    form, console, words = await form_of(request), console_of(request), words_for(request)
    back = "/review/memory" + _query(form.get("q", "")[:MAX_ASKED], wants_all=form.get("all") == "1")
    try:
        await console.store.labels.undo(number_of(request), person(request))
    except StoreError:
        raise web.HTTPNotFound from None
    await console.learn()
    return see_other(request, back, words.say("Taken back; the bot goes by what it knew before."))


def why_taught(words: Wording, one: Taught) -> str:
    """The note where there is one, else how it came about."""
    if one.note:
        return one.note
    match one.origin:
        case "settled":
            return words.say("Settled a disagreement")
        case "draft_sent":
            return words.say("Sent the bot's draft as it was")
        case _ if one.message_id is None:
            return words.say("Typed as an example")
        case _:
            return words.say("Labelled the message")


def released_at(release: str) -> datetime | None:
    """When a release was made, by its name; None where that doesn't say."""
    try:
        return datetime.strptime("-".join(release.split("-")[:4]), RELEASE_TIME).replace(tzinfo=UTC)
    except ValueError:
        return None


def _query(asked: str, *, wants_all: bool, before: int | None = None) -> str:
    values = {"q": asked, "all": "1" if wants_all else "", "before": str(before or "")}
    told = urlencode({name: value for name, value in values.items() if value})
    return f"?{told}" if told else ""


def _before(request: web.Request) -> int | None:
    text = request.query.get("before", "")
    number = small_number(text)
    if text and number is None:
        raise web.HTTPNotFound
    return number


ROUTES = (
    get("/review/memory", memory_page, role="lead"),
    post("/review/memory/{id}/undo", undo, role="lead"),
)
