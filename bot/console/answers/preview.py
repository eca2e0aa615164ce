"""An answer's texts while they are typed, as customers would get them."""

import asyncio

from aiohttp import web

from bot.console.answers.form import read_typed
from bot.console.answers.overview import language_name
from bot.console.console import console_of
from bot.console.rendering import render, words_for
from bot.console.routes import post
from bot.editing.entries import replace_entry
from bot.editing.errors import EditRefused
from bot.editing.examples import fill_all
from bot.editing.fields import fields_of


async def preview(request: web.Request) -> web.Response:
    """The texts of a form filled with made-up values."""
    form = await request.post()
    typed, answer_id = read_typed(form), str(form.get("of", ""))
    found, words = await console_of(request).editor.read(), words_for(request)
    place, problem, variants = found.places.get(answer_id), "", typed.variants
    if typed.yaml.strip() and place is not None:
        try:
            text = replace_entry(found.texts[place.file], place.index, typed.yaml)
            variants = (await asyncio.to_thread(fields_of, text, place.index)).variants
        except (EditRefused, IndexError) as error:
            variants, problem = {}, str(error)
    answer = found.book.find(answer_id) if found.book else None
    intent = answer.intent if answer else typed.intent
    language = console_of(request).settings.desk.language
    shown = [
        (language_name(words, code), fill_all(texts, answer, intent, found.book, language=code or language))
        for code, texts in variants.items()
    ]
    return render(request, "answer_preview.html", shown=shown, problem=problem)


ROUTES = (post("/answers/-/preview", preview, role="lead"),)
