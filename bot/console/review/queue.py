"""The review queue: one message after another, most valuable first, each labelled with a key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aiohttp import web

from bot.console.access import me
from bot.console.console import console_of
from bot.console.forms import form_of, numbers_of
from bot.console.inbox.conversation import message_of
from bot.console.inbox.lists import naming
from bot.console.notices import see_other
from bot.console.rendering import render, words_for
from bot.console.routes import get, may, post
from bot.naming import decision_name
from bot.reviewing import most_valuable_first, together
from bot.store.values import now
from bot.store.views import Person, ReviewItem, Spoken
from bot.wording import Wording

LOOKS_BACK = timedelta(days=30)
MAX_CHOICES = 5
BEFORE = 4  # lines shown before the message


@dataclass(frozen=True, slots=True)
class Done:
    """What was made of the last items: their intent, None where they were passed over; `replies` is what the bot
    says to the first of them now."""

    items: tuple[ReviewItem, ...]
    intent: str | None = None
    replies: tuple[str, ...] = ()


async def review_page(request: web.Request) -> web.Response:
    """The first of the queue."""
    may_mine = may(me(request).role, "lead")
    return render(request, "review.html", may_mine=may_mine, **await _values(request, await _items(request)))


async def label(request: web.Request) -> web.Response:
    """Give items their intent; show what the bot says to the first now, and what comes next."""
    form, console, items = await form_of(request), console_of(request), await _items(request)
    chosen, intent = _items_of(form, items), form.get("intent", "").strip()
    if not chosen:
        return await _next(request, items, problem=_too_late(request))
    if intent not in console.rereading.intents:
        said = words_for(request).say("There is no intent {intent}.", intent=repr(intent[:100]))
        return await _next(request, items, problem=said)
    await console.store.inbox.label_items(chosen, intent, _person(request))
    await console.learn()
    case, spoken = await message_of(request, chosen[0].conversation_id, chosen[0].message_ids[0])
    again = await console.rereading.reread(case, spoken.text)
    return await _next(request, _without(items, chosen), done=Done(chosen, intent, again.replies))


async def pass_over(request: web.Request) -> web.Response:
    """Nothing to learn here."""
    form, items = await form_of(request), await _items(request)
    chosen = _items_of(form, items)
    if not chosen:
        return await _next(request, items, problem=_too_late(request))
    await console_of(request).store.inbox.pass_over(chosen, _person(request))
    return await _next(request, _without(items, chosen), done=Done(chosen))


async def undo(request: web.Request) -> web.Response:
    """Take the last one back."""
    console = console_of(request)
    numbers = numbers_of((await form_of(request)).get("undo", ""))
    await console.store.inbox.undo_review(numbers, _person(request))
    await console.learn()
    return await _next(request, await _items(request))


async def _items(request: web.Request) -> list[ReviewItem]:
    return await console_of(request).store.inbox.open_reviews(now() - LOOKS_BACK)


def _without(items: list[ReviewItem], chosen: Sequence[ReviewItem]) -> list[ReviewItem]:
    return [one for one in items if one not in chosen]


def _items_of(form: dict[str, str], items: list[ReviewItem]) -> tuple[ReviewItem, ...]:
    """The items a form is about, but for those a colleague was faster with. Raises HTTPBadRequest where it names none."""
    numbers = numbers_of(form.get("message", ""))
    found = {number: one for one in items for number in one.message_ids}
    return tuple(dict.fromkeys(found[number] for number in numbers if number in found))


def _too_late(request: web.Request) -> str:
    return words_for(request).say("A colleague looked at that one already. Here is the next.")


def _person(request: web.Request) -> Person:
    return Person(me(request).id, me(request).called)


async def _next(
    request: web.Request, items: list[ReviewItem], *, done: Done | None = None, problem: str = ""
) -> web.Response:
    """The next item; for a form that was sent without htmx, the page anew."""
    if request.headers.get("HX-Request") != "true":
        return see_other(request, "/review", problem, "bad")
    return render(request, "review_item.html", **await _values(request, items, done=done, problem=problem))


async def _values(
    request: web.Request, items: list[ReviewItem], *, done: Done | None = None, problem: str = ""
) -> dict[str, Any]:
    console, words = console_of(request), words_for(request)
    queue = most_valuable_first(items)
    newest = {one.item.message_ids[0]: one.item.text for one in queue}
    grouped = await console.grouping.group(newest)
    queue = together(queue, grouped.clusters)
    worth = queue[0] if queue else None
    return {
        "worth": worth,
        "n_left": len(newest),
        "n_unread": grouped.n_unread,
        "before": await _lines_before(request, worth.item) if worth else (),
        "choices": guesses(worth.items)[:MAX_CHOICES] if worth else (),
        "intents": console.rereading.intents,
        "done": done,
        "problem": problem,
        "why_worth": lambda reason: _why(words, reason),
        "decision_name": lambda kind: decision_name(words, kind),
        **naming(words),
    }


def guesses(items: Sequence[ReviewItem]) -> list[tuple[str, float]]:
    """What they may mean by the bot's guesses, the mean probability of each, likeliest first."""
    sums: dict[str, float] = {}
    for item in items:
        for intent, prob in item.intents:
            sums[intent] = sums.get(intent, 0.0) + prob / len(items)
    return sorted(sums.items(), key=lambda one: -one[1])


async def _lines_before(request: web.Request, item: ReviewItem) -> tuple[Spoken, ...]:
    """What was said just before it."""
    case = await console_of(request).store.inbox.case(
        item.conversation_id, before=item.message_ids[0], limit=BEFORE
    )
    return tuple(one for one in (case.entries if case else ()) if isinstance(one, Spoken))


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
