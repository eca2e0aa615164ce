"""The review queue: one message after another, most valuable first, each labelled with a key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from aiohttp import web
from numpy.typing import NDArray

from bot.console.access import me
from bot.console.console import Console, console_of
from bot.console.forms import form_of, numbers_of
from bot.console.inbox.conversation import message_of
from bot.console.inbox.lists import naming
from bot.console.notices import see_other
from bot.console.rendering import render, words_for
from bot.console.review.disagreements import open_conflicts, told_sides
from bot.console.routes import get, may, post
from bot.naming import decision_name
from bot.review.reviewing import most_valuable_first, together, untaught
from bot.store.inbox.views import Person, ReviewItem, Spoken
from bot.store.values import now
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
    return render(request, "review.html", **await _values(request, await items_of(request)))


async def label(request: web.Request) -> web.Response:
    """Give items their intent; show what the bot says to the first now, and what comes next."""
    form, console, items = await form_of(request), console_of(request), await items_of(request)
    chosen, intent = _items_of(form, items), form.get("intent", "").strip()
    if not chosen:
        return await show_next(request, items, problem=_too_late(request))
    if intent not in console.rereading.intents:
        said = words_for(request).say("There is no intent {intent}.", intent=repr(intent[:100]))
        return await show_next(request, items, problem=said)
    await console.store.inbox.label_items(chosen, intent, person(request))
    await console.learn()
    case, spoken = await message_of(request, chosen[0].conversation_id, chosen[0].message_ids[0])
    again = await console.rereading.reread(case, spoken.text)
    return await show_next(request, _without(items, chosen), done=Done(chosen, intent, again.replies))


async def pass_over(request: web.Request) -> web.Response:
    """Nothing to learn here."""
    form, items = await form_of(request), await items_of(request)
    chosen = _items_of(form, items)
    if not chosen:
        return await show_next(request, items, problem=_too_late(request))
    await console_of(request).store.inbox.pass_over(chosen, person(request))
    return await show_next(request, _without(items, chosen), done=Done(chosen))


async def undo(request: web.Request) -> web.Response:
    """Take the last one back."""
    console = console_of(request)
    numbers = numbers_of((await form_of(request)).get("undo", ""))
    await console.store.inbox.undo_review(numbers, person(request))
    await console.learn()
    return await show_next(request, await items_of(request))


async def items_of(request: web.Request) -> list[ReviewItem]:
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


def person(request: web.Request) -> Person:
    """Who is signed in."""
    return Person(me(request).id, me(request).called)


async def show_next(
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
    vectors = console.grouping.vectors_of(newest)
    shares = await _taught(console, vectors)
    queue = together(untaught(queue, shares), grouped.clusters)
    worth = queue[0] if queue else None
    disputed = await open_conflicts(request)
    return {
        "conflict": disputed[0] if disputed else None,
        "n_conflicts": len(disputed),
        "sides_of": lambda conflict: told_sides(words, conflict),
        "chosen": {intent for one in worth.items for intent in one.chosen} if worth else set(),
        "may_lead": may(me(request).role, "lead"),
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


async def _taught(console: Console, vectors: Mapping[int, NDArray[np.float32]]) -> dict[int, float]:
    """How near each message is to what was labelled before."""
    if not vectors:
        return {}
    shares = await console.engine.dialogue.reader.taught_share(np.stack(list(vectors.values())))
    return dict(zip(vectors, shares.tolist(), strict=True))


def guesses(items: Sequence[ReviewItem]) -> list[tuple[str, float]]:
    """What they may mean by what customers chose and the bot guessed, the mean probability of each, likeliest first."""
    sums: dict[str, float] = {intent: 0.0 for item in items for intent in item.chosen}
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
        case "chosen":
            return words.say("The customer chose something else")
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
