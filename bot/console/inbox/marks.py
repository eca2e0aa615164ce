"""Entities put right in a customer's message: one more, or one less."""

from aiohttp import web

from bot.console.access import me
from bot.console.console import console_of
from bot.console.forms import form_of, small_number
from bot.console.inbox.details import again, found, show
from bot.console.inbox.marking import entities_of
from bot.console.rendering import words_for
from bot.console.routes import post
from bot.store.labels.entities import BadSpan, Mark


async def add(request: web.Request) -> web.Response:
    """Mark words of the message as an entity; what it overlaps is one no more."""
    case, spoken = await found(request)
    form, words = await form_of(request), words_for(request)
    said, label = form.get("words", "").strip(), form.get("label", "")
    if label not in console_of(request).rereading.entity_types:
        return await show(request, case, spoken, problem=words.say("Choose what it is."))
    start = _place(spoken.text, said, small_number(form.get("start", "")))
    if start is None:
        problem = words.say("“{words}” doesn't stand in the message.", words=said[:100])
        return await show(request, case, spoken, problem=problem)
    new = Mark(start, start + len(said), label)
    kept = [
        Mark(one.start, one.end, one.label)
        for one in entities_of(spoken)
        if one.end <= new.start or new.end <= one.start
    ]
    return await _save(request, spoken.id, [*kept, new])


async def remove(request: web.Request) -> web.Response:
    """Take away the entity that begins at `start`."""
    _, spoken = await found(request)
    start = small_number((await form_of(request)).get("start", ""))
    kept = [Mark(one.start, one.end, one.label) for one in entities_of(spoken) if one.start != start]
    return await _save(request, spoken.id, kept)


async def undo(request: web.Request) -> web.Response:
    """Let what the bot found count again."""
    _, spoken = await found(request)
    await console_of(request).store.inbox.drop_marks(spoken.id)
    await console_of(request).learn()
    return await again(request)


async def _save(request: web.Request, message_id: int, marks: list[Mark]) -> web.Response:
    console = console_of(request)
    try:
        await console.store.inbox.mark_entities(message_id, marks, me(request).called)
    except BadSpan:  # the message was edited meanwhile
        raise web.HTTPConflict from None
    await console.learn()
    return await again(request)


def _place(text: str, said: str, hint: int | None) -> int | None:
    """Where the words stand: at the hint if they do there, else their first place."""
    if not said:
        return None
    if hint is not None and text.startswith(said, hint):
        return hint
    place = text.find(said)
    return place if place >= 0 else None


ROUTES = (
    post("/conversations/{id}/messages/{message}/entities", add, role="agent"),
    post("/conversations/{id}/messages/{message}/entities/remove", remove, role="agent"),
    post("/conversations/{id}/messages/{message}/entities/undo", undo, role="agent"),
)
