"""Questions without an answer, put together by what they mean: made an answer of, or labelled at once."""

from typing import Any

from aiohttp import web

from bot.console.access import me
from bot.console.console import console_of
from bot.console.forms import form_of, numbers_of
from bot.console.insights.page import period_query
from bot.console.insights.periods import read_period
from bot.console.notices import see_other
from bot.console.rendering import render, words_for
from bot.console.review.unanswered import by_wording, clusters_of
from bot.console.routes import get, post
from bot.store.inbox.views import Person
from bot.store.values import now

EXAMPLES = 1000  # the latest
SHOWN = 20


async def clusters_part(request: web.Request) -> web.Response:
    """The clusters of a period; those that are still being read come with the next look."""
    return render(request, "clusters.html", **await _values(request, request.query))


async def label(request: web.Request) -> web.Response:
    """Say what all messages of a cluster mean."""
    form, console, words = await form_of(request), console_of(request), words_for(request)
    numbers, intent = numbers_of(form.get("message", "")), form.get("intent", "").strip()
    if intent not in console.rereading.intents:
        problem = words.say("There is no intent {intent}.", intent=repr(intent[:100]))
        return await _again(request, form, problem=problem)
    labelled = await console.store.inbox.label_messages(numbers, intent, _person(request))
    if not labelled:
        problem = words.say("Colleagues looked at those already.")
        return await _again(request, form, problem=problem)
    await console.learn()
    return await _again(request, form, done=(intent, labelled))


async def undo(request: web.Request) -> web.Response:
    """Take that back."""
    form, console = await form_of(request), console_of(request)
    await console.store.inbox.undo_review(numbers_of(form.get("undo", "")), _person(request))
    await console.learn()
    return await _again(request, form)


async def _again(
    request: web.Request,
    form: dict[str, str],
    *,
    problem: str = "",
    done: tuple[str, tuple[int, ...]] | None = None,
) -> web.Response:
    """The part anew; for a form that was sent without htmx, the page."""
    values = await _values(request, form)
    if request.headers.get("HX-Request") != "true":
        return see_other(request, f"/insights?{values['query']}", problem, "bad")
    return render(request, "clusters.html", **values | {"problem": problem, "done": done})


async def _values(request: web.Request, asked: Any) -> dict[str, Any]:
    console = console_of(request)
    try:
        period = read_period(asked, console.settings.desk.zone, now())
    except ValueError:
        raise web.HTTPBadRequest from None
    found = await console.store.insights.unanswered(period.begin, period.end, limit=EXAMPLES, only_open=True)
    wordings = by_wording(found)
    grouped = await console.grouping.group({number: group[0].text for number, group in wordings.items()})
    clusters = clusters_of(wordings, grouped.clusters)
    return {
        "clusters": clusters[:SHOWN],
        "n_more": len(clusters) - SHOWN,
        "n_unread": grouped.n_unread,
        "n_latest": EXAMPLES,
        "period": period,
        "query": period_query(period),
        "intents": console.rereading.intents,
        "problem": "",
        "done": None,
    }


def _person(request: web.Request) -> Person:
    return Person(me(request).id, me(request).called)


ROUTES = (
    get("/insights/clusters", clusters_part, role="lead"),
    post("/insights/clusters/label", label, role="lead"),
    post("/insights/clusters/undo", undo, role="lead"),
)
