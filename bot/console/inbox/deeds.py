"""What staff do with a conversation, as forms: take it, answer, note, give back, assign, close."""

from collections.abc import Awaitable

from aiohttp import web

from bot.console.access import me
from bot.console.console import console_of
from bot.console.forms import form_of, number_of, small_number
from bot.console.inbox.canned import holes_in
from bot.console.inbox.lists import view_of
from bot.console.notices import see_other
from bot.console.rendering import words_for
from bot.console.routes import post
from bot.staffing import DraftGone, NoConversation, TakenByOther

MAX_TEXT = 4000  # characters
CHANGED = "case"  # the event that has the page's parts loaded anew


async def take(request: web.Request) -> web.Response:
    from_other = (await form_of(request)).get("from_other") == "yes"
    staffing = console_of(request).staffing
    return await do(request, staffing.take(number_of(request), me(request).id, from_other=from_other))


async def reply(request: web.Request) -> web.Response:
    """What was written, which may be the bot's draft in other words."""
    form, staffing = await form_of(request), console_of(request).staffing
    text, draft = _text(form), small_number(form.get("draft", ""))
    if holes := holes_in(text):
        said = words_for(request).say("Fill in {names} first.", names=", ".join(holes))
        return _refused(request, said)
    if draft is not None:
        return await do(request, staffing.send_draft(number_of(request), me(request).id, draft, text))
    return await do(request, staffing.say(number_of(request), me(request).id, text))


async def note(request: web.Request) -> web.Response:
    text = _text(await form_of(request))
    return await do(request, console_of(request).staffing.note(number_of(request), me(request).id, text))


async def give_back(request: web.Request) -> web.Response:
    return await do(request, console_of(request).staffing.give_back(number_of(request), me(request).id))


async def close(request: web.Request) -> web.Response:
    return await do(request, console_of(request).staffing.close(number_of(request), me(request).id))


async def assign(request: web.Request) -> web.Response:
    """To a colleague, or with "" back to all of them."""
    to = small_number((await form_of(request)).get("to", ""))
    if to is not None:
        colleague = await console_of(request).accounts.find(to)
        if colleague is None or colleague.disabled_at is not None:
            raise web.HTTPNotFound
    return await do(request, console_of(request).staffing.assign(number_of(request), me(request).id, to))


async def do(request: web.Request, deed: Awaitable[object]) -> web.Response:
    """Do it; to htmx that is nothing to show but an event, to others the page anew."""
    here = f"/conversations/{request.match_info['id']}?view={view_of(request)}"
    is_part = request.headers.get("HX-Request") == "true"
    try:
        await deed
    except NoConversation:
        raise web.HTTPNotFound from None
    except (TakenByOther, DraftGone) as refused:
        return _refused(request, await _why_refused(request, refused))
    if not is_part:
        return see_other(request, here)
    return web.Response(status=204, headers={"HX-Trigger": CHANGED})


def _refused(request: web.Request, said: str) -> web.Response:
    """Nothing was done, and why."""
    if request.headers.get("HX-Request") != "true":
        here = f"/conversations/{request.match_info['id']}?view={view_of(request)}"
        return see_other(request, here, said, "bad")
    return web.Response(status=409, text=said, headers={"HX-Trigger": CHANGED})


async def _why_refused(request: web.Request, refused: TakenByOther | DraftGone) -> str:
    words = words_for(request)
    if isinstance(refused, DraftGone):
        return words.say("That draft waits no longer: somebody was faster, or the customer wrote again.")
    colleague = await console_of(request).accounts.find(refused.assignee_id or 0)
    name = colleague.called if colleague else "?"
    return words.say("{name} has this conversation. Take it over first.", name=name)


def _text(form: dict[str, str]) -> str:
    """What was typed. Raises HTTPBadRequest where that is nothing, or more than a message takes."""
    text = form.get("text", "").replace("\r\n", "\n").strip()
    if not text or len(text) > MAX_TEXT:
        raise web.HTTPBadRequest
    return text


ROUTES = (
    post("/conversations/{id}/take", take, role="agent"),
    post("/conversations/{id}/reply", reply, role="agent"),
    post("/conversations/{id}/note", note, role="agent"),
    post("/conversations/{id}/give-back", give_back, role="agent"),
    post("/conversations/{id}/close", close, role="agent"),
    post("/conversations/{id}/assign", assign, role="agent"),
)
