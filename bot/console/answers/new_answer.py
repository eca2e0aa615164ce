"""A new answer: its form, and what customers ask it with."""

from collections.abc import Sequence

from aiohttp import web

from bot.console.answers.answer import person
from bot.console.answers.form import Typed, fields_from, groups_of, read_typed
from bot.console.answers.overview import language_name, trial_values
from bot.console.answers.trying import Trial
from bot.console.console import console_of
from bot.console.forms import form_of, numbers_of
from bot.console.notices import see_other
from bot.console.rendering import render, words_for
from bot.console.routes import get, post
from bot.editing.concerns import languages_of
from bot.editing.errors import EditRefused, FilesBusy
from bot.editing.files import Snapshot
from bot.editing.names import check_name
from bot.editing.writing import new_entry

MAX_INTENT = 100  # characters
MAX_QUESTIONS = 50


async def new_page(request: web.Request) -> web.Response:
    """An empty form; the intent may be in the address."""
    return await _begin(request, request.query.get("intent", ""), [])


async def begin(request: web.Request) -> web.Response:
    """A form that begins with what customers asked. Their messages come by number and the intent, which may be made of
    their words, in the body: addresses end up in logs and in the browser's history."""
    form = await form_of(request)
    numbers = numbers_of(form.get("message", ""))[:MAX_QUESTIONS]
    texts = await console_of(request).store.insights.texts(numbers)
    return await _begin(request, form.get("intent", ""), texts)


async def _begin(request: web.Request, intent: str, texts: Sequence[str]) -> web.Response:
    intent, found = intent.strip()[:MAX_INTENT], await console_of(request).editor.read()
    taken = intent in found.places
    typed = Typed(
        id="" if taken else intent,
        intent=intent,
        file=_file_for(found, intent),
        examples="\n".join(dict.fromkeys(" ".join(text.split()) for text in texts)),
    )
    return await _new(request, typed)


async def add(request: web.Request) -> web.Response:
    """Write a new answer; the example questions of a new intent are learned at once."""
    console, typed = console_of(request), read_typed(await request.post())
    is_new_intent = typed.intent not in console.rereading.intents
    examples = typed.questions if is_new_intent else ()
    try:
        check_name("id", typed.id)
        check_name("intent", typed.intent)
        fields = fields_from(typed, None, language=console.settings.desk.language)
        entry = new_entry(typed.id, typed.intent, fields)
        await console.editor.add(
            typed.id, typed.file, entry, person(request), intent=typed.intent, examples=examples
        )
    except (EditRefused, FilesBusy) as error:
        return await _new(request, typed, problem=str(error), status=422)
    if examples:
        await console.learn()
    said = words_for(request).say("Saved. Customers get it within two seconds.")
    return see_other(request, f"/answers/{typed.id}", said)


async def _new(request: web.Request, typed: Typed, *, problem: str = "", status: int = 200) -> web.Response:
    console, words = console_of(request), words_for(request)
    found = await console.editor.read()
    languages = languages_of(found.book) if found.book is not None else ()
    wanted = languages or (console.settings.desk.language,)
    return render(
        request,
        "answer_new.html",
        status=status,
        typed=typed,
        problem=problem or found.problem,
        groups=groups_of(typed, wanted),
        shared=frozenset(),
        files=list(found.texts) or ["answers.yaml"],
        intents=console.rereading.intents,
        language_name=lambda code: language_name(words, code),
        **trial_values(words, Trial(typed.questions[0] if typed.questions else "")),
    )


def _file_for(found: Snapshot, intent: str) -> str:
    """Where the other answers of an intent stand, else the file with the most."""
    book = found.book
    own = [answer.id for answer in book.of_intent(intent)] if book is not None else []
    files = [found.places[one].file for one in own if one in found.places]
    counts = [place.file for place in found.places.values()]
    return files[0] if files else max(set(counts), key=counts.count, default="answers.yaml")


ROUTES = (
    get("/answers/new", new_page, role="lead"),
    post("/answers/new", add, role="lead"),
    post("/answers/-/begin", begin, role="lead"),
)
