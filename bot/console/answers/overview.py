"""The answers by intent: how often each was given, how it was taken, and what speaks against it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.console.access import me
from bot.console.answers.trying import Trial, try_out
from bot.console.console import console_of
from bot.console.forms import form_of
from bot.console.rendering import render, words_for
from bot.console.routes import get, may, post
from bot.editing.concerns import ALIKE, LOOKS_BACK, Concern, concerns_of
from bot.editing.files import Snapshot
from bot.naming import decision_name
from bot.store.insights.answer_usage import Usage
from bot.store.values import now
from bot.wording import LANGUAGES, Wording

MAX_ASKED = 100  # characters


@dataclass(frozen=True, slots=True)
class Row:
    """An answer in the list; `languages` are their names with how many variants each has."""

    id: str
    intent: str
    title: str
    languages: tuple[tuple[str, int], ...]
    hand_over: bool
    usage: Usage
    concerns: tuple[Concern, ...]


async def answers_page(request: web.Request) -> web.Response:
    """All of them, or those that are looked for."""
    return await _page(request, Trial())


async def try_page(request: web.Request) -> web.Response:
    """The test box: a part for htmx, else the page with it."""
    trial = await try_out(request, (await form_of(request)).get("text", ""))
    if request.headers.get("HX-Request") == "true":
        return render(request, "answer_trial.html", **trial_values(words_for(request), trial))
    return await _page(request, trial)


async def rows_of(request: web.Request, found: Snapshot) -> list[Row]:
    """Every answer in file order; where the files can't be used, those the desk goes on with."""
    console, words = console_of(request), words_for(request)
    book = found.book if found.book is not None else console.engine.dialogue.answering.book
    store = console.store.answers
    usage = await store.usage([answer.id for answer in book.answers], now() - LOOKS_BACK)
    concerns = concerns_of(
        book,
        usage,
        log_begins=await store.log_begins(),
        now=now(),
        alike=await console.engine.dialogue.reader.alike(ALIKE),
    )
    return [
        Row(
            answer.id,
            answer.intent,
            answer.title.in_language(words.language)[0],
            tuple(
                (language_name(words, code), len(texts))
                for code, texts in answer.variants.by_language.items()
            ),
            answer.hand_over,
            usage[answer.id],
            tuple(concerns[answer.id]),
        )
        for answer in book.answers
    ]


def trial_values(words: Wording, trial: Trial) -> dict[str, Any]:
    """What answer_trial.html shows."""
    return {"trial": trial, "decision_name": lambda kind: decision_name(words, kind)}


def language_name(words: Wording, code: str) -> str:
    return LANGUAGES.get(code, code) if code else words.say("every language")


def concern_text(words: Wording, concern: Concern) -> str:
    """What speaks against an answer, in words."""
    match concern.kind:
        case "unused":
            return words.say("Never given in 30 days")
        case "handed_over":
            return words.say("Often followed by a hand-over")
        case "not_helpful":
            return words.say("Often not helpful")
        case "language":
            return words.say("Not in {language}", language=language_name(words, concern.about))
        case "hidden":
            return words.say("Never reached: {other} always comes first", other=concern.about)
        case _:
            return words.say("Nearly the same as {other}", other=concern.about)


async def _page(request: web.Request, trial: Trial) -> web.Response:
    words = words_for(request)
    found = await console_of(request).editor.read()
    rows = await rows_of(request, found)
    asked = request.query.get("q", "").strip()[:MAX_ASKED]
    only = request.query.get("only") == "concerns"
    shown = [row for row in rows if _is_asked(row, asked, found) and (row.concerns or not only)]
    values = {
        "groups": _by_intent(shown),
        "n_shown": len(shown),
        "n_all": len(rows),
        "n_concerns": sum(bool(row.concerns) for row in rows),
        "asked": asked,
        "only": only,
        "problem": found.problem,
        "may_edit": may(me(request).role, "lead"),
        "concern_text": lambda concern: concern_text(words, concern),
        **trial_values(words, trial),
    }
    is_part = request.headers.get("HX-Request") == "true" and request.method == "GET"
    return render(request, "answers_list.html" if is_part else "answers.html", **values)


def _is_asked(row: Row, asked: str, found: Snapshot) -> bool:
    """Whether all of the words stand in it: its names, or the lines in its file."""
    place = found.places.get(row.id)
    text = f"{row.id} {row.intent} {row.title} {place.entry.text if place else ''}".casefold()
    return all(word in text for word in asked.casefold().split())


def _by_intent(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.intent, []).append(row)
    return list(groups.items())


ROUTES = (
    get("/answers", answers_page, role="agent"),
    post("/answers/-/try", try_page, role="agent"),
)
