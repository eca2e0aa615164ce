"""A customer's message under the glass: what was made of it and why, and how to put it right."""

from typing import Any

from aiohttp import web

from bot.console.access import me
from bot.console.console import console_of
from bot.console.forms import form_of, number_of
from bot.console.inbox.conversation import message_of
from bot.console.inbox.lists import naming
from bot.console.inbox.marking import entities_of, marked
from bot.console.notices import see_other
from bot.console.rendering import render, words_for
from bot.console.routes import get, post
from bot.naming import decision_name
from bot.store.inbox.views import Case, Person, Spoken

MAX_NAME = 100  # characters of a name that is unknown


async def details_part(request: web.Request) -> web.Response:
    """What the release made of it, and how it would be answered now."""
    case, spoken = await found(request)
    return await show(request, case, spoken)


async def correct(request: web.Request) -> web.Response:
    """Give the message its right intent; the memory knows it before the answer is out."""
    case, spoken = await found(request)
    intent = (await form_of(request)).get("intent", "").strip()
    console = console_of(request)
    if intent not in console.rereading.intents:
        said = words_for(request).say("There is no intent {intent}.", intent=repr(intent[:MAX_NAME]))
        return await show(request, case, spoken, problem=said)
    await console.store.inbox.label(spoken.text, intent, _person(request), spoken.id)
    await console.learn()
    return await again(request)


async def correct_answer(request: web.Request) -> web.Response:
    """Give the message the very answer it should have had, and with it an intent that has this answer: its own if it
    can be."""
    case, spoken = await found(request)
    wanted = (await form_of(request)).get("answer", "").strip()
    console = console_of(request)
    answer = console.rereading.find_answer(wanted)
    if answer is None:
        said = words_for(request).say("There is no answer {answer}.", answer=repr(wanted[:MAX_NAME]))
        return await show(request, case, spoken, problem=said)
    own = _intent_of(spoken)
    intent = own if own in answer.also_for else answer.intent
    await console.store.inbox.label(spoken.text, intent, _person(request), spoken.id, answer.id)
    await console.learn()
    return await again(request)


def _intent_of(spoken: Spoken) -> str:
    """What staff said the message means, else what the bot took it for; "" where nobody knows."""
    if spoken.labelled:
        return spoken.labelled.intent
    return spoken.understood.intents[0][0] if spoken.understood and spoken.understood.intents else ""


async def undo(request: web.Request) -> web.Response:
    """Take the label back."""
    _, spoken = await found(request)
    console = console_of(request)
    await console.store.inbox.unlabel(_person(request), spoken.id)
    await console.learn()
    return await again(request)


def _person(request: web.Request) -> Person:
    return Person(me(request).id, me(request).called)


async def found(request: web.Request) -> tuple[Case, Spoken]:
    """The message of the address. Raises HTTPNotFound."""
    return await message_of(request, number_of(request), number_of(request, "message"))


async def again(request: web.Request) -> web.Response:
    """The message once more, and word to the transcript; for a form sent without htmx, the conversation."""
    if request.headers.get("HX-Request") != "true":
        return see_other(request, f"/conversations/{number_of(request)}")
    case, spoken = await found(request)
    response = await show(request, case, spoken)
    response.headers["HX-Trigger"] = "case"
    return response


async def show(request: web.Request, case: Case, spoken: Spoken, *, problem: str = "") -> web.Response:
    """The message, and perhaps what was wrong with what was typed."""
    console, words = console_of(request), words_for(request)
    reread = await console.rereading.reread(case, spoken.text)
    values: dict[str, Any] = {
        "case": case,
        "spoken": spoken,
        "again": reread,
        "entities": entities_of(spoken),
        "entity_types": console.rereading.entity_types,
        "pieces": marked(spoken),
        "intents": console.rereading.intents,
        "answers": console.rereading.answers,
        "decision_name": lambda kind: decision_name(words, kind),
        "meant": _intent_of(spoken),
        "problem": problem,
    }
    return render(request, "details.html", **naming(words) | values)


ROUTES = (
    get("/conversations/{id}/messages/{message}", details_part, role="agent"),
    post("/conversations/{id}/messages/{message}/intent", correct, role="agent"),
    post("/conversations/{id}/messages/{message}/answer", correct_answer, role="agent"),
    post("/conversations/{id}/messages/{message}/undo", undo, role="agent"),
)
