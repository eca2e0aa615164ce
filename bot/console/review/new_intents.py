"""New intents that unanswered messages suggest: made with one press, or dismissed."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np
from aiohttp import web
from numpy.typing import NDArray

from bot.console.answers.new_answer import begin
from bot.console.console import Console, console_of
from bot.console.forms import form_of, numbers_of
from bot.console.notices import see_other
from bot.console.rendering import render, words_for
from bot.console.review.queue import person
from bot.console.review.unanswered import Cluster, by_wording, clusters_of
from bot.console.routes import get, post
from bot.editing.errors import EditRefused
from bot.editing.names import check_name
from bot.review.proposing import novel, undismissed
from bot.store.insights.unanswered import Example
from bot.store.values import now

PAGE = "/review/new-intents"
LOOKS_BACK = timedelta(days=30)
EXAMPLES = 1000  # the latest
SHOWN = 10  # proposals


async def new_intents_page(request: web.Request) -> web.Response:
    """The proposals, the largest first; what is still being read comes with the next look."""
    return render(request, "new_intents.html", **await _values(request))


async def accept(request: web.Request) -> web.Response:
    """Make it an intent: its messages are labelled, and a person goes on to write its answer."""
    form, console, words = await form_of(request), console_of(request), words_for(request)
    numbers, intent = numbers_of(form.get("message", "")), form.get("intent", "").strip()
    try:
        check_name("intent", intent)
    except EditRefused as refused:
        return render(request, "new_intents.html", status=422, **await _values(request, str(refused)))
    has_answer = intent in console.rereading.answerable
    if not await console.store.inbox.label_messages(numbers, intent, person(request)):
        return see_other(request, PAGE, words.say("Colleagues looked at those already."), "bad")
    await console.learn()
    if has_answer:
        return see_other(request, PAGE, words.say("Labelled as {intent}.", intent=intent))
    return await begin(request)


async def dismiss(request: web.Request) -> web.Response:
    """Not an intent: proposed again only once it has grown much."""
    form, words = await form_of(request), words_for(request)
    numbers = numbers_of(form.get("message", ""))
    await console_of(request).store.labels.dismiss(numbers, person(request))
    said = words.say("Not proposed again, unless it is asked twice as often.")
    return see_other(request, PAGE, said)


async def _values(request: web.Request, problem: str = "") -> dict[str, Any]:
    console = console_of(request)
    end = now()
    found = await console.store.insights.unanswered(end - LOOKS_BACK, end, limit=EXAMPLES, only_open=True)
    wordings = by_wording(found)
    said = {number: group[0].text for number, group in wordings.items()}
    grouped = await console.grouping.group(said)
    proposed = await _proposed(console, said, wordings, grouped.clusters)
    return {
        "proposals": proposed[:SHOWN],
        "n_more": len(proposed) - SHOWN,
        "n_unread": grouped.n_unread,
        "intents": console.rereading.intents,
        "problem": problem,
    }


async def _proposed(
    console: Console,
    said: Mapping[int, str],
    wordings: Mapping[int, list[Example]],
    clusters: tuple[tuple[int, ...], ...],
) -> list[Cluster]:
    vectors = console.grouping.vectors_of(said)
    known = await _nearness(console, vectors)
    dismissed = await console.store.labels.dismissed()
    kept = undismissed(novel(clusters, vectors, known), dismissed)
    return clusters_of(wordings, [one.members for one in kept])


async def _nearness(console: Console, vectors: Mapping[int, NDArray[np.float32]]) -> dict[int, float]:
    if not vectors:
        return {}
    known = await console.engine.dialogue.reader.nearness(np.stack(list(vectors.values())))
    return dict(zip(vectors, known.tolist(), strict=True))


ROUTES = (
    get(PAGE, new_intents_page, role="lead"),
    post(f"{PAGE}/accept", accept, role="lead"),
    post(f"{PAGE}/dismiss", dismiss, role="lead"),
)
