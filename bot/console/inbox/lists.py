"""The lists of conversations: waiting, mine, open, closed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.console.access import me
from bot.console.console import console_of
from bot.console.forms import small_number
from bot.console.inbox.asking import FILTERS, read_asked
from bot.console.rendering import render, words_for
from bot.console.routes import get
from bot.naming import channel_name, how_moved, sentiment_name, status_name, why_moved
from bot.store.inbox.views import InboxRow, View
from bot.wording import Wording

PAGE = 50  # conversations
MAX_ASKED = 200  # characters
MAX_NAME = 40  # characters of a saved view's name
VIEWS: tuple[View, ...] = ("waiting", "mine", "open", "closed")


@dataclass(frozen=True, slots=True)
class Tab:
    """A view to choose, and how many it has; None where they aren't counted."""

    view: View
    name: str
    count: int | None


async def search_page(request: web.Request) -> web.Response:
    """The conversations in which the words of `q` were said."""
    return render(request, "inbox.html", **await list_values(request, "open"))


async def inbox_page(request: web.Request) -> web.Response:
    """A list, and room for the conversation that is opened from it."""
    return render(request, "inbox.html", **await list_values(request, view_of(request)))


async def list_part(request: web.Request) -> web.Response:
    """The list alone, for a page that has it already; with `before` what follows."""
    open_id = small_number(request.query.get("open", ""))
    return render(request, "list.html", **await list_values(request, view_of(request), open_id))


def view_of(request: web.Request) -> View:
    """Which list. Raises HTTPNotFound for one there is not."""
    view = request.match_info.get("view") or request.query.get("view") or "waiting"
    if view not in VIEWS:
        raise web.HTTPNotFound
    return view


async def list_values(request: web.Request, view: View, open_id: int | None = None) -> dict[str, Any]:
    """What the list's template needs: of a view, or of a search where there is a `q`; `open_id` is the conversation
    beside it."""
    words, inbox, staff = words_for(request), console_of(request).store.inbox, me(request)
    asked = request.query.get("q", "").strip()[:MAX_ASKED]
    seen = await inbox.watermark()  # before the rest is read: what happens meanwhile is news
    rows, before = await (_found(request, asked) if asked else _page(request, view))
    counts = await inbox.counts(staff.id)
    names = {
        "waiting": words.say("Waiting"),
        "mine": words.say("Mine"),
        "open": words.say("All open"),
        "closed": words.say("Closed"),
    }
    numbers = {"waiting": counts.waiting, "mine": counts.mine, "open": counts.open}
    return {
        "view": view,
        "asked": asked,
        "looked_through": await inbox.looked_through() if asked else None,
        "filters": FILTERS,
        "max_name": MAX_NAME,
        "tabs": tuple(Tab(one, names[one], numbers.get(one)) for one in VIEWS),
        "rows": rows,
        "before": before,
        "is_first": not request.query.get("before"),
        "open_id": open_id,
        "seen": as_seen(seen),
        **naming(words),
    }


async def _page(request: web.Request, view: View) -> tuple[list[InboxRow], str]:
    """A page of a view, and where the next begins, "" after the last."""
    inbox = console_of(request).store.inbox
    rows = await inbox.conversations(view, me(request).id, before=_before(request), limit=PAGE + 1)
    shown = rows[:PAGE]
    return shown, cursor(view, shown[-1]) if len(rows) > PAGE else ""


async def _found(request: web.Request, asked: str) -> tuple[list[InboxRow], str]:
    before = small_number(request.query.get("before", ""))
    console = console_of(request)
    wanted = read_asked(asked, console.settings.desk.zone)
    rows, following = await console.store.inbox.search(wanted, before=before, limit=PAGE)
    return rows, str(following or "")


def naming(words: Wording) -> dict[str, Any]:
    """How templates call what the log has fixed words for."""
    return {
        "channel_name": channel_name,
        "sentiment_name": lambda sentiment: sentiment_name(words, sentiment),
        "status_name": lambda status: status_name(words, status),
        "why_moved": lambda reason: why_moved(words, reason),
        "how_moved": lambda change: how_moved(words, change),
    }


def as_seen(watermark: tuple[int, ...]) -> str:
    """What a page shows, as it tells the server when it asks for news."""
    return ".".join(map(str, watermark))


def cursor(view: View, row: InboxRow) -> str:
    """Where the page after this row begins."""
    return (row.since if view == "waiting" else row.last_at).isoformat()


def _before(request: web.Request) -> datetime | None:
    text = request.query.get("before", "")
    try:
        before = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise web.HTTPBadRequest from None
    if before is not None and before.tzinfo is None:
        raise web.HTTPBadRequest
    return before


ROUTES = (
    get("/inbox", inbox_page, role="agent"),
    get("/inbox/search", search_page, role="agent"),
    get("/inbox/{view}", inbox_page, role="agent"),
    get("/inbox/{view}/list", list_part, role="agent"),
)
