"""A conversation: what was said, who has it, and what might be said next."""

from typing import Any

from aiohttp import web

from bot.console.access import me
from bot.console.console import console_of
from bot.console.forms import number_of, small_number
from bot.console.inbox.lists import list_values, naming, view_of
from bot.console.inbox.marking import marked
from bot.console.rendering import render, words_for
from bot.console.routes import get
from bot.store.inbox.views import Case, Spoken

STRETCH = 80  # messages


async def conversation_page(request: web.Request) -> web.Response:
    """The list and one conversation beside it."""
    case = await case_of(request)
    listed = await list_values(request, view_of(request), case.id)
    return render(request, "conversation.html", **listed | await head_values(request, case))


async def head_part(request: web.Request) -> web.Response:
    """Who it is with."""
    case = await case_of(request)
    return render(
        request,
        "head.html",
        view=view_of(request),
        **naming(words_for(request)) | await head_values(request, case),
    )


async def transcript_part(request: web.Request) -> web.Response:
    """What happened."""
    case = await case_of(request)
    return render(request, "transcript.html", **naming(words_for(request)) | case_values(request, case))


async def suggestions_part(request: web.Request) -> web.Response:
    """What might be said, ready to send."""
    case = await case_of(request)
    console = console_of(request)
    draft = await console.store.inbox.draft(case.id)
    suggested = await console.rereading.suggest(case)
    others = [one for one in suggested if draft is None or one.text != draft.text]
    return render(request, "suggestions.html", case=case, draft=draft, suggestions=others)


async def case_of(request: web.Request) -> Case:
    """The conversation of the address, in the query from `since` on or the stretch `before` a message. Raises
    HTTPNotFound."""
    earlier, since = (small_number(request.query.get(name, "")) for name in ("before", "since"))
    case = await console_of(request).store.inbox.case(
        number_of(request), before=earlier, since=since, limit=STRETCH
    )
    if case is None:
        raise web.HTTPNotFound
    return case


async def message_of(request: web.Request, conversation_id: int, message_id: int) -> tuple[Case, Spoken]:
    """A customer's message with words, and of its conversation what was said in that moment. Raises HTTPNotFound."""
    case = await console_of(request).store.inbox.case(conversation_id, before=message_id + 1, limit=1)
    for one in case.entries if case else ():
        is_it = isinstance(one, Spoken) and one.id == message_id and one.speaker == "customer"
        if case and isinstance(one, Spoken) and is_it and one.text.strip():
            return case, one
    raise web.HTTPNotFound


def case_values(request: web.Request, case: Case) -> dict[str, Any]:
    """What the templates of a conversation need."""
    first = next((one.id for one in case.entries if isinstance(one, Spoken)), 0)
    return {
        "case": case,
        "is_mine": case.assignee is not None and case.assignee.id == me(request).id,
        "earlier": first if case.is_cut else 0,
        "first": first,
        "marked": marked,
    }


async def head_values(request: web.Request, case: Case) -> dict[str, Any]:
    """With the colleagues it may be given to."""
    everybody = await console_of(request).accounts.everybody()
    others = [one for one in everybody if one.disabled_at is None and one.id != me(request).id]
    return case_values(request, case) | {"colleagues": others}


ROUTES = (
    get("/conversations/{id}", conversation_page, role="agent"),
    get("/conversations/{id}/head", head_part, role="agent"),
    get("/conversations/{id}/transcript", transcript_part, role="agent"),
    get("/conversations/{id}/suggestions", suggestions_part, role="agent"),
)
