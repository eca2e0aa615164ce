"""A disagreement at the top of the review, settled with one key."""

from aiohttp import web

from bot.console.console import console_of
from bot.console.forms import form_of, small_number
from bot.console.rendering import words_for
from bot.console.review.disagreements import open_conflicts
from bot.console.review.queue import items_of, person, show_next
from bot.console.routes import post
from bot.store.labels.rules import Conflict


async def settle(request: web.Request) -> web.Response:
    """Say what the words mean: a correction in place of all that were given."""
    form, console, words = await form_of(request), console_of(request), words_for(request)
    conflict, intent = await _conflict(request, form), form.get("intent", "").strip()
    if conflict is None:
        return await _next(request, problem=words.say("A colleague settled that already."))
    if intent not in console.rereading.intents:
        return await _next(
            request, problem=words.say("There is no intent {intent}.", intent=repr(intent[:100]))
        )
    await console.store.labels.settle(conflict, intent, person(request))
    await console.learn()
    return await _next(request)


async def drop(request: web.Request) -> web.Response:
    """Learn nothing from the words."""
    console = console_of(request)
    conflict = await _conflict(request, await form_of(request))
    if conflict is None:
        return await _next(request, problem=words_for(request).say("A colleague settled that already."))
    await console.store.labels.drop(conflict, person(request))
    await console.learn()
    return await _next(request)


async def _next(request: web.Request, *, problem: str = "") -> web.Response:
    return await show_next(request, await items_of(request), problem=problem)


async def _conflict(request: web.Request, form: dict[str, str]) -> Conflict | None:
    """The one whose last correction the form names; None where it is settled. Raises HTTPBadRequest."""
    number = small_number(form.get("correction", ""))
    if number is None:
        raise web.HTTPBadRequest
    found = (one for one in await open_conflicts(request) if one.newest.correction_id == number)
    return next(found, None)


ROUTES = (
    post("/review/conflicts/settle", settle, role="agent"),
    post("/review/conflicts/drop", drop, role="agent"),
)
