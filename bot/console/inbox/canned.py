"""Texts that staff keep for their replies, and the names in them filled in."""

import re
from collections.abc import Mapping

from aiohttp import web

from bot.console.access import me
from bot.console.console import console_of
from bot.console.forms import form_of, small_number
from bot.console.inbox.conversation import case_of
from bot.console.notices import see_other
from bot.console.rendering import render, words_for
from bot.console.routes import get, may, post
from bot.store.inbox.canned import CannedAnswer, ShortcutTaken
from bot.store.inbox.views import Case
from bot.wording import LANGUAGES

SHORTCUT = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
MAX_TEXT = 4000  # characters
_NAME = re.compile(r"\{([a-z][a-z0-9_]*)\}")


async def canned_page(request: web.Request) -> web.Response:
    """All of them; leads and admins change them."""
    return await _page(request)


async def keep(request: web.Request) -> web.Response:
    """Add one, or change the one whose `id` the form has."""
    words, form = words_for(request), await form_of(request)
    shortcut, text = form.get("shortcut", "").strip().lstrip("/").lower(), form.get("text", "").strip()
    language, number = form.get("language", ""), small_number(form.get("id", ""))
    typed = CannedAnswer(number or 0, shortcut, language, text)
    if not SHORTCUT.fullmatch(shortcut):
        said = words.say("A shortcut is small letters, digits, - and _, such as refund-sent.")
        return await _page(request, typed, said)
    if not text or len(text) > MAX_TEXT or language not in {"", *LANGUAGES}:
        return await _page(request, typed, words.say("A text of at most {limit} characters.", limit=MAX_TEXT))
    try:
        await console_of(request).store.canned.keep(number, shortcut, language, text, me(request).id)
    except ShortcutTaken:
        said = words.say("/{shortcut} is taken in that language.", shortcut=shortcut)
        return await _page(request, typed, said)
    return see_other(request, "/canned", words.say("Kept: /{shortcut}", shortcut=shortcut))


async def remove(request: web.Request) -> web.Response:
    number = small_number(request.match_info["id"])
    if number is None:
        raise web.HTTPNotFound
    await console_of(request).store.canned.remove(number, me(request).id)
    return see_other(request, "/canned", words_for(request).say("Removed."))


async def picker_part(request: web.Request) -> web.Response:
    """What can be put into the reply of a conversation, filled in, the customer's language first."""
    case, console = await case_of(request), console_of(request)
    known = known_names(case, me(request).called, console.settings.desk.name)
    kept = sorted(await console.store.canned.all(), key=lambda one: one.language not in {"", case.language})
    filled = [(one, fill_in(one.text, known)) for one in kept]
    return render(request, "canned_picker.html", filled=filled)


def known_names(case: Case, agent: str, desk: str) -> dict[str, str]:
    """What names in braces stand for in a conversation; those that aren't known are left out."""
    names = {"customer": case.customer, "agent": agent, "desk": desk, **case.slots}
    return {name: value for name, value in names.items() if value}


def fill_in(text: str, known: Mapping[str, str]) -> str:
    """The text with each known name's value; the others stay, to be seen."""
    return _NAME.sub(lambda found: known.get(found[1], found[0]), text)


def holes_in(text: str) -> list[str]:
    """The names in braces that were not filled in."""
    return list(dict.fromkeys(found[0] for found in _NAME.finditer(text)))


async def _page(request: web.Request, typed: CannedAnswer | None = None, problem: str = "") -> web.Response:
    return render(
        request,
        "canned.html",
        status=422 if problem else 200,
        kept=await console_of(request).store.canned.all(),
        typed=typed,
        problem=problem,
        languages=LANGUAGES,
        can_edit=may(me(request).role, "lead"),
    )


ROUTES = (
    get("/canned", canned_page, role="agent"),
    post("/canned", keep, role="lead"),
    post("/canned/{id}/remove", remove, role="lead"),
    get("/conversations/{id}/canned", picker_part, role="agent"),
)
