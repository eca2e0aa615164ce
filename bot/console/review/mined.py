"""What `kefu mine` proposed: the list of intents with how far the review is, and the way into the workspace."""

import asyncio
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.console.access import me
from bot.console.console import console_of
from bot.console.forms import form_of, small_number
from bot.console.notices import see_other
from bot.console.rendering import render, words_for
from bot.console.routes import get, post
from bot.review.mined import Accepted, Edited, Intent, Mined, Proposal
from bot.wording import Wording

MIXED, ALIKE = 0.45, 0.6  # mean cosines to the centre, below and from which a group is called so
MIN_NEAR = 0.75  # cosine of two centres, from which a merge is proposed
PATH = "/review/mined"


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An intent that another one looks like; `share` is the cosine of their centres in per cent."""

    name: str
    share: int


async def mined_page(request: web.Request) -> web.Response:
    """The proposed intents, those nobody looked at first."""
    mined = console_of(request).mined
    if mined is None or not mined.review.exists:
        return render(request, "mined_empty.html")
    try:
        proposal = await asyncio.to_thread(mined.review.read)
    except mined.refused as error:
        return render(request, "mined_empty.html", problem=str(error))
    next_open = next((one.name for one in proposal.intents if one.status == "open"), "")
    shared = shared_values(request, proposal)
    return render(request, "mined.html", proposal=proposal, next_open=next_open, **shared)


async def undo(request: web.Request) -> web.Response:
    """Take an edit back; then comes the intent it was about."""
    form, mined = await form_of(request), review_of(request)
    number = small_number(form.get("undo", ""))
    if number is None:
        raise web.HTTPBadRequest
    words, by = words_for(request), me(request)

    def take_back() -> Edited:
        return mined.review.undo(number, by=by.called)

    try:
        undone = await console_of(request).store.mined.record("mined_undone", "", by.id, take_back)
    except mined.refused as error:
        return see_other(request, PATH, str(error), "bad")
    return see_other(request, f"{PATH}/{undone.back}" if undone.back else PATH, words.say("Undone"))


async def set_entity(request: web.Request) -> web.Response:
    """Keep an entity type, or leave it out."""
    form, mined, by = await form_of(request), review_of(request), me(request)
    name, is_kept = form.get("name", ""), form.get("status") != "dropped"

    def change() -> Edited:
        return mined.review.set_entity_status(name, "accepted" if is_kept else "dropped", by=by.called)

    try:
        await console_of(request).store.mined.record("mined_entity", name, by.id, change)
    except mined.refused as error:
        return see_other(request, PATH, str(error), "bad")
    return see_other(request, f"{PATH}#entities")


async def write(request: web.Request) -> web.Response:
    """Write what is accepted into the workspace; training is the next step."""
    console, mined, by = console_of(request), review_of(request), me(request)
    desk = console.settings.desk

    def put() -> Accepted:
        return mined.review.write(country=desk.country, currency=desk.currency)

    try:
        written = await asyncio.to_thread(put)
    except mined.refused as error:
        return see_other(request, PATH, str(error), "bad")
    await console.store.mined.record("mined_written", str(len(written.intents)), by.id, lambda: None)
    return render(request, "mined_written.html", written=written, folder=console.settings.folder)


def review_of(request: web.Request) -> Mined:
    """The review of the workspace. Raises HTTPNotFound where there is none."""
    mined = console_of(request).mined
    if mined is None or not mined.review.exists:
        raise web.HTTPNotFound
    return mined


def shared_values(request: web.Request, proposal: Proposal) -> dict[str, Any]:
    """What the list and the page of an intent both say."""
    words = words_for(request)
    n_accepted = sum(intent.status == "accepted" for intent in proposal.intents)
    return {
        "done": small_number(request.query.get("done", "")),
        "n_accepted": n_accepted,
        "share_of": lambda intent: 100 * intent.n_requests / max(1, proposal.n_requests),
        "status_name": lambda status: _status_name(words, status),
        "alike": lambda intent: _alike(words, intent),
        "neighbours": lambda intent: neighbours(proposal, intent),
    }


def neighbours(proposal: Proposal, intent: Intent) -> list[Neighbour]:
    """The intents it looks like, the likest first; none that were dropped."""
    found: dict[str, float] = {}
    for group, cosine in intent.near.items():
        other = proposal.owner_of(group)
        if other is not None and other.name != intent.name and other.status != "dropped":
            found[other.name] = max(cosine, found.get(other.name, 0.0))
    likest = sorted(found.items(), key=lambda one: -one[1])
    return [Neighbour(name, round(100 * cosine)) for name, cosine in likest if cosine >= MIN_NEAR]


def _status_name(words: Wording, status: str) -> str:
    names = {"open": words.say("Open"), "accepted": words.say("Accepted"), "dropped": words.say("Dropped")}
    return names[status]


def _alike(words: Wording, intent: Intent) -> str:
    if intent.cohesion < MIXED:
        return words.say("mixed")
    return words.say("alike") if intent.cohesion < ALIKE else words.say("very alike")


ROUTES = (
    get(PATH, mined_page, role="lead"),
    post(f"{PATH}/-/undo", undo, role="lead"),
    post(f"{PATH}/-/entity", set_entity, role="lead"),
    post(f"{PATH}/-/write", write, role="lead"),
)
