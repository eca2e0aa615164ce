"""Saved views: a list or a search under a name, beside the four lists."""

from dataclasses import dataclass
from urllib.parse import quote

from aiohttp import web

from bot.console.access import me
from bot.console.console import console_of
from bot.console.forms import form_of, number_of
from bot.console.inbox.asking import filters_in, read_asked
from bot.console.inbox.lists import MAX_ASKED, MAX_NAME, VIEWS
from bot.console.notices import see_other
from bot.console.rendering import render, words_for
from bot.console.routes import get, may, post
from bot.store.errors import StoreError
from bot.store.inbox.saved_views import MAX_VIEWS, SavedView
from bot.wording import Wording

MAX_SHOWN = 20  # beside the lists
MAX_COUNTED = 100  # more are shown as 99+


@dataclass(frozen=True, slots=True)
class Counted:
    """A saved view with how many conversations it has; "" where it can't be opened any more."""

    saved: SavedView
    count: str


async def views_page(request: web.Request) -> web.Response:
    """All one may open, to be renamed, shared and deleted."""
    views = await console_of(request).store.saved_views.of(me(request).id)
    changeable = {one.id for one in views if _may_change(request, one)}
    return render(
        request, "saved_views.html", views=views, changeable=changeable, lost=_lost, max_name=MAX_NAME
    )


async def views_part(request: web.Request) -> web.Response:
    """Those beside the lists, with their counts."""
    console, staff_id = console_of(request), me(request).id
    counted = []
    await console.store.inbox.index_messages()  # what was just said counts
    for one in (await console.store.saved_views.of(staff_id))[:MAX_SHOWN]:
        if _lost(one) or one.view not in VIEWS:
            counted.append(Counted(one, ""))
            continue
        wanted = read_asked(one.asked, console.settings.desk.zone) if one.asked else None
        n = await console.store.saved_views.count(one.view, staff_id, wanted, limit=MAX_COUNTED)
        counted.append(Counted(one, "99+" if n >= MAX_COUNTED else str(n)))
    return render(
        request,
        "views.html",
        counted=counted,
        view=request.query.get("view", ""),
        asked=request.query.get("q", "").strip()[:MAX_ASKED],
    )


async def open_view(request: web.Request) -> web.Response:
    """Go to what it keeps; a notice where that can't be searched for any more."""
    saved = await _found(request)
    lost = _lost(saved)
    if lost:
        said = words_for(request).say(
            "The view {name} has filters that are no longer known: {filters}. Save it anew.",
            name=saved.name,
            filters=" ".join(lost)[:100],
        )
        return see_other(request, "/inbox/views", said, "bad")
    asked = f"?q={quote(saved.asked)}" if saved.asked else ""
    return see_other(request, f"/inbox/{saved.view}{asked}")


async def save(request: web.Request) -> web.Response:
    """Keep the list or the search that was open."""
    form, words, staff = await form_of(request), words_for(request), me(request)
    name, view = form.get("name", "").strip(), form.get("view", "")
    asked = " ".join(form.get("q", "").split())[:MAX_ASKED]
    is_shared = form.get("shared") == "yes"
    if view not in VIEWS or (is_shared and not may(staff.role, "lead")):
        raise web.HTTPBadRequest
    here = f"/inbox/{view}" + (f"?q={quote(asked)}" if asked else "")
    if problem := _name_problem(words, name):
        return see_other(request, here, problem, "bad")
    views = console_of(request).store.saved_views
    try:
        number = await views.save(staff.id, name, view, asked, filters_in(asked), is_shared=is_shared)
    except StoreError:
        problem = words.say("You have {limit} views, which is the most. Delete one first.", limit=MAX_VIEWS)
        return see_other(request, here, problem, "bad")
    if number is None:
        return see_other(request, here, words.say("You have a view of that name already."), "bad")
    return see_other(request, here, words.say("The view {name} is saved.", name=name))


async def rename(request: web.Request) -> web.Response:
    saved, words = await _to_change(request), words_for(request)
    name = (await form_of(request)).get("name", "").strip()
    problem = _name_problem(words, name)
    if not problem and not await console_of(request).store.saved_views.rename(saved, name, me(request).id):
        problem = words.say("There is a view of that name already.")
    return see_other(request, "/inbox/views", problem, "bad")


async def share(request: web.Request) -> web.Response:
    """Show one's own view to all, or a shared one to its owner alone."""
    saved = await _to_change(request)
    is_shared = (await form_of(request)).get("shared") == "yes"
    await console_of(request).store.saved_views.share(saved, me(request).id, is_shared=is_shared)
    return see_other(request, "/inbox/views")


async def delete(request: web.Request) -> web.Response:
    await console_of(request).store.saved_views.delete(await _to_change(request), me(request).id)
    return see_other(request, "/inbox/views")


async def _found(request: web.Request) -> SavedView:
    """The one of the address. Raises HTTPNotFound."""
    saved = await console_of(request).store.saved_views.find(number_of(request), me(request).id)
    if saved is None:
        raise web.HTTPNotFound
    return saved


async def _to_change(request: web.Request) -> SavedView:
    saved = await _found(request)
    if not _may_change(request, saved):
        raise web.HTTPForbidden
    return saved


def _may_change(request: web.Request, saved: SavedView) -> bool:
    """One's own, and for leads and admins what is shared."""
    return saved.staff_id == me(request).id or may(me(request).role, "lead")


def _lost(saved: SavedView) -> tuple[str, ...]:
    """What was a filter when it was saved and is none any more, or a list there no longer is."""
    known = filters_in(saved.asked)
    gone = tuple(one for one in saved.filters if one not in known)
    return gone if saved.view in VIEWS else (*gone, saved.view)


def _name_problem(words: Wording, name: str) -> str:
    if not name:
        return words.say("A view needs a name.")
    return "" if len(name) <= MAX_NAME else words.say("At most {limit} characters.", limit=MAX_NAME)


ROUTES = (
    get("/inbox/views", views_page, role="agent"),
    get("/inbox/views/part", views_part, role="agent"),
    post("/inbox/views", save, role="agent"),
    get("/inbox/views/{id}", open_view, role="agent"),
    post("/inbox/views/{id}/rename", rename, role="agent"),
    post("/inbox/views/{id}/share", share, role="lead"),
    post("/inbox/views/{id}/delete", delete, role="agent"),
)
