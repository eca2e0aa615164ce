"""One proposed intent: its requests, its answers, and what may be done with it."""

import asyncio
from collections.abc import Callable
from functools import partial

from aiohttp import web

from bot.console.access import me
from bot.console.console import console_of
from bot.console.forms import small_number
from bot.console.notices import see_other
from bot.console.rendering import render, words_for
from bot.console.review.mined import PATH, review_of, shared_values
from bot.console.routes import get, post
from bot.review.mined import Edited, Mined, Proposal, Review

PAGE = 50
MAX_TEXT = 8000  # characters of an answer as it is typed
MAX_PAGE = 100_000

Form = dict[str, list[str]]
Deed = Callable[[Review], Edited]


async def intent_page(request: web.Request) -> web.Response:
    """An intent with a page of its requests."""
    mined, name = review_of(request), request.match_info["name"]
    number = min(small_number(request.query.get("page", "")) or 1, MAX_PAGE)
    try:
        proposal = await asyncio.to_thread(mined.review.read)
        intent = proposal.find(name)
        if intent is None:
            raise web.HTTPNotFound
        texts, count = await asyncio.to_thread(mined.review.texts, name, (number - 1) * PAGE, PAGE)
        base = mined.review.fingerprint(name)
    except mined.refused as error:
        return see_other(request, PATH, str(error), "bad")
    place = proposal.intents.index(intent)
    names = [one.name for one in proposal.intents]
    return render(
        request,
        "mined_intent.html",
        proposal=proposal,
        intent=intent,
        base=base,
        texts=texts,
        n_texts=count,
        page=number,
        n_pages=max(1, -(-count // PAGE)),
        before=names[place - 1] if place else "",
        after=names[place + 1] if place + 1 < len(names) else "",
        others=sorted(one for one in names if one != name),
        can_halve=mined.review.can_halve(),
        **shared_values(request, proposal),
    )


async def edit(request: web.Request) -> web.Response:
    """Do something with it; then comes the next that is open, or the same again."""
    mined, name, deed = review_of(request), request.match_info["name"], request.match_info["deed"]
    form, by, words = await _form_of(request), me(request), words_for(request)
    change, action, leads_on = _deed(name, deed, form, by.called)
    if change is None:
        raise web.HTTPNotFound if deed not in DEEDS else web.HTTPBadRequest
    details = {"into": _one(form, "into")} if deed == "merge" else {}
    try:
        await asyncio.to_thread(mined.review.read)  # before the database waits for it
        edited = await console_of(request).store.mined.record(
            action, name, by.id, partial(change, mined.review), **details
        )
    except mined.refused as error:
        return see_other(request, await _back(mined, name), str(error), "bad")
    where = _next_open(edited.proposal, name) if leads_on else _same(edited.proposal, name, form, deed)
    path = f"{PATH}/{where}" if where else PATH
    return see_other(request, f"{path}?done={edited.number}", words.say("Done: {name}", name=name))


DEEDS = ("accept", "drop", "reopen", "rename", "merge", "split", "halve", "take", "reword")


def _deed(name: str, deed: str, form: Form, by: str) -> tuple[Deed | None, str, bool]:
    """What a form asks for, what the audit log calls it, and whether the next intent comes then; None for nonsense."""
    base, new = _one(form, "base"), _one(form, "new")
    rows = [number for text in form.get("row", []) if (number := small_number(text)) is not None]
    place = small_number(_one(form, "place"))
    match deed:
        case "accept" | "drop":
            status = "accepted" if deed == "accept" else "dropped"
            return (lambda r: r.set_status(name, status, base=base, by=by)), f"mined_{status}", True
        case "reopen":
            return (lambda r: r.set_status(name, "open", base=base, by=by)), "mined_reopened", False
        case "rename":
            return (lambda r: r.rename(name, new, base=base, by=by)), "mined_renamed", False
        case "merge" if into := _one(form, "into"):
            return (lambda r: r.merge(name, into, base=base, by=by)), "mined_merged", True
        case "split" if rows:
            return (lambda r: r.split(name, new, rows, base=base, by=by)), "mined_split", False
        case "halve":
            return (lambda r: r.split(name, new, None, base=base, by=by)), "mined_split", False
        case "take" if place is not None:
            return (lambda r: r.take_answer(name, place, base=base, by=by)), "mined_answer", False
        case "reword":
            texts = [text[:MAX_TEXT] for text in form.get("variant", [])]
            hand_over = _one(form, "hand_over") == "yes"
            return (
                (lambda r: r.reword(name, texts, hand_over=hand_over, base=base, by=by)),
                "mined_answer",
                False,
            )
    return None, "", False


def _next_open(proposal: Proposal, name: str) -> str:
    """The one to look at after this; "" where all are decided."""
    names = [one.name for one in proposal.intents]
    start = names.index(name) + 1 if name in names else 0
    ordered = [*proposal.intents[start:], *proposal.intents[:start]]
    return next((one.name for one in ordered if one.status == "open"), "")


def _same(proposal: Proposal, name: str, form: Form, deed: str) -> str:
    new = _one(form, "new")
    return new if deed == "rename" and proposal.find(new) else name


async def _back(mined: Mined, name: str) -> str:
    """The page of an intent, or the list where it is gone."""
    try:
        proposal = await asyncio.to_thread(mined.review.read)
    except mined.refused:
        return PATH
    return f"{PATH}/{name}" if proposal.find(name) else PATH


async def _form_of(request: web.Request) -> Form:
    """All texts of a form by name, with plain line ends."""
    found: Form = {}
    for key, value in (await request.post()).items():
        if isinstance(value, str):
            found.setdefault(key, []).append(value.replace("\r\n", "\n"))
    return found


def _one(form: Form, name: str) -> str:
    return form.get(name, [""])[0].strip()


ROUTES = (
    get(PATH + "/{name}", intent_page, role="lead"),
    post(PATH + "/{name}/{deed}", edit, role="lead"),
)
