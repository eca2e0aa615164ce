"""The review queue: one message after another, most valuable first, each labelled with a key."""

from datetime import timedelta
from typing import Any

from aiohttp import web

from bot.console.access import me
from bot.console.console import console_of
from bot.console.forms import form_of, small_number
from bot.console.inbox import naming
from bot.console.naming import decision_name
from bot.console.notices import see_other
from bot.console.rendering import render, words_for
from bot.console.routes import get, post
from bot.reviewing import Worth, most_valuable_first
from bot.store.values import now
from bot.store.views import Case, Spoken
from bot.wording import Wording

LOOKS_BACK = timedelta(days=30)
MAX_CHOICES = 5
BEFORE = 4  # lines shown before the message
MAX_ALIKE = 50  # messages labelled at once


async def review_page(request: web.Request) -> web.Response:
    """The first of the queue."""
    return render(request, "review.html", **await _next(request))


async def label(request: web.Request) -> web.Response:
    """Give a message, and those that say the same, their intent; show what the bot says to it now, and the next."""
    form, console = await form_of(request), console_of(request)
    message_ids, intent = _numbers(form.get("messages", "")), form.get("intent", "").strip()
    if intent not in console.rereading.intents:
        said = words_for(request).say("There is no intent {intent}.", intent=repr(intent[:100]))
        return await _again(request, problem=said)
    case, spoken = await _spoken(request, form, message_ids[0])
    given = [
        await console.store.add_correction(spoken.text, intent, me(request).called, message_id=number)
        for number in message_ids
    ]
    await console.learn()
    again = await console.rereading.reread(case, spoken.text)
    done = {
        "text": spoken.text,
        "intent": intent,
        "again": again,
        "undo": ",".join(map(str, given)),
        "kind": "label",
    }
    return await _again(request, done=done)


async def pass_over(request: web.Request) -> web.Response:
    """Nothing to learn here."""
    form = await form_of(request)
    message_ids = _numbers(form.get("messages", ""))
    _, spoken = await _spoken(request, form, message_ids[0])
    await console_of(request).store.inbox.pass_over(message_ids, me(request).id)
    done = {"text": spoken.text, "undo": ",".join(map(str, message_ids)), "kind": "pass"}
    return await _again(request, done=done)


async def undo(request: web.Request) -> web.Response:
    """Take the last one back."""
    form, console = await form_of(request), console_of(request)
    numbers = _numbers(form.get("undo", ""))
    if form.get("kind") == "pass":
        await console.store.inbox.look_again(numbers)
    else:
        standing = {one.id for one in await console.store.corrections() if one.by == me(request).called}
        for number in numbers:
            if number in standing:
                await console.store.undo_correction(number, me(request).called)
        await console.learn()
    return await _again(request)


async def _again(
    request: web.Request, *, done: dict[str, Any] | None = None, problem: str = ""
) -> web.Response:
    """The next item; for a form that was sent without htmx, the page anew."""
    if request.headers.get("HX-Request") != "true":
        return see_other(request, "/review", problem, "bad")
    return render(request, "review_item.html", **await _next(request, done=done, problem=problem))


async def _next(
    request: web.Request, *, done: dict[str, Any] | None = None, problem: str = ""
) -> dict[str, Any]:
    console, words = console_of(request), words_for(request)
    items = await console.store.inbox.open_reviews(now() - LOOKS_BACK)
    queue = most_valuable_first(items)
    worth = queue[0] if queue else None
    return {
        "worth": worth,
        "n_left": len(queue),
        "before": await _lines_before(request, worth) if worth else (),
        "choices": _choices(worth) if worth else (),
        "intents": console.rereading.intents,
        "done": done,
        "problem": problem,
        "why_worth": lambda reason: _why(words, reason),
        "decision_name": lambda kind: decision_name(words, kind),
        **naming(words),
    }


def _choices(worth: Worth) -> tuple[tuple[str, float], ...]:
    return worth.item.intents[:MAX_CHOICES]


async def _lines_before(request: web.Request, worth: Worth) -> tuple[Spoken, ...]:
    """What was said just before it."""
    item = worth.item
    case = await console_of(request).store.inbox.case(
        item.conversation_id, before=item.message_ids[0], limit=BEFORE
    )
    return tuple(one for one in (case.entries if case else ()) if isinstance(one, Spoken))


async def _spoken(request: web.Request, form: dict[str, str], message_id: int) -> tuple[Case, Spoken]:
    """The message a form is about. Raises HTTPNotFound."""
    number = small_number(form.get("conversation", ""))
    case = await console_of(request).store.inbox.case(number or 0, before=message_id + 1, limit=1)
    for one in case.entries if case else ():
        if (
            isinstance(one, Spoken)
            and one.id == message_id
            and one.speaker == "customer"
            and one.text.strip()
        ):
            assert case is not None  # noqa: S101 - it has entries
            return case, one
    raise web.HTTPNotFound


def _numbers(text: str) -> list[int]:
    """Ids with commas between. Raises HTTPBadRequest for anything else."""
    numbers = [small_number(part) for part in text.split(",")[:MAX_ALIKE]]
    if None in numbers:
        raise web.HTTPBadRequest
    return [number for number in numbers if number is not None]


def _why(words: Wording, reason: str) -> str:
    match reason:
        case "unhelpful":
            return words.say("The customer called the answer not helpful")
        case "disagreement":
            return words.say("Classifier and examples disagree")
        case "out_of_scope":
            return words.say("Taken for something the desk isn't for")
        case _:
            return words.say("The bot wasn't sure")


ROUTES = (
    get("/review", review_page, role="agent"),
    post("/review/label", label, role="agent"),
    post("/review/pass", pass_over, role="agent"),
    post("/review/undo", undo, role="agent"),
)
