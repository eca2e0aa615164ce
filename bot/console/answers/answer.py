"""One answer: its texts to edit, what they look like, what became of them, and the versions before."""

import asyncio
import re
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web

from bot.console.access import me
from bot.console.answers.form import Typed, fields_from, groups_of, read_typed, typed_of
from bot.console.answers.history import DiffLine, diff_of, is_changed_by_hand, versions
from bot.console.answers.overview import concern_text, language_name, rows_of, trial_values
from bot.console.answers.trying import Trial
from bot.console.console import console_of
from bot.console.forms import form_of, small_number
from bot.console.notices import see_other
from bot.console.rendering import render, words_for
from bot.console.routes import get, may, post
from bot.editing.editor import Saved, fingerprint, shared_by
from bot.editing.errors import Conflict, EditRefused, FilesBusy
from bot.editing.fields import EntryFields, fields_of
from bot.editing.files import Place, Snapshot
from bot.editing.writing import new_entry
from bot.store.inbox.views import Person
from bot.wording import LANGUAGES


@dataclass(frozen=True, slots=True)
class Refused:
    """Why nothing was saved; `theirs` is what differs from what was typed where somebody else was faster."""

    text: str
    theirs: tuple[DiffLine, ...] | None = None


async def answer_page(request: web.Request) -> web.Response:
    """An answer as it stands, or what is left of one that was deleted."""
    return await _page(request, request.match_info["id"])


async def save(request: web.Request) -> web.Response:
    """Write what was typed, as fields or as YAML; what won't do comes back with the reason."""
    answer_id, editor = request.match_info["id"], console_of(request).editor
    typed, words = read_typed(await request.post()), words_for(request)
    is_yaml = request.query.get("as") == "yaml"
    if is_yaml:
        saving = editor.save_yaml(answer_id, typed.base, typed.yaml, person(request))
    else:
        saving = _save_fields(request, answer_id, typed)
    saved = await _try(request, answer_id, saving, typed)
    if isinstance(saved, web.Response):
        return saved
    said = words.say("Saved. Customers get it within two seconds.")
    if not saved.is_changed:
        said = words.say("Nothing was changed.")
    elif saved.others:
        said += " " + words.say("Changed with it: {others}.", others=", ".join(saved.others))
    return see_other(request, f"/answers/{answer_id}{'?as=yaml' if is_yaml else ''}", said)


async def delete(request: web.Request) -> web.Response:
    """Take it out of its file; its page still has the versions."""
    answer_id = request.match_info["id"]
    form = await form_of(request)
    deleting = console_of(request).editor.delete(answer_id, form.get("base", ""), person(request))
    done = await _try(request, answer_id, deleting, None)
    if isinstance(done, web.Response):
        return done
    return see_other(
        request, f"/answers/{answer_id}", words_for(request).say("Deleted. It can be brought back here.")
    )


async def bring_back(request: web.Request) -> web.Response:
    """Have an earlier version again."""
    answer_id, console, form = request.match_info["id"], console_of(request), await form_of(request)
    change = await console.store.answers.change(small_number(form.get("change", "")) or 0)
    if change is None or change.answer_id != answer_id:
        raise web.HTTPNotFound
    text = change.before if form.get("side") == "before" else change.after
    if text is None:
        raise web.HTTPBadRequest
    found, by = await console.editor.read(), person(request)
    action = "answer_restored"
    if answer_id in found.places:
        restoring = console.editor.save_yaml(answer_id, form.get("base", ""), text, by, action=action)
    else:
        restoring = console.editor.add(answer_id, change.file, text, by, action=action)
    done = await _try(request, answer_id, restoring, None)
    if isinstance(done, web.Response):
        return done
    return see_other(request, f"/answers/{answer_id}", words_for(request).say("Brought back."))


async def _save_fields(request: web.Request, answer_id: str, typed: Typed) -> Saved:
    console = console_of(request)
    found = await console.editor.read()
    place = found.places.get(answer_id)
    if place is None:
        raise Conflict(answer_id, None)
    old = await asyncio.to_thread(fields_of, found.texts[place.file], place.index)
    fields = fields_from(typed, old, language=console.settings.desk.language)
    return await console.editor.save_fields(answer_id, typed.base, fields, person(request))


async def _try(
    request: web.Request, answer_id: str, change: Awaitable[Saved | None], typed: Typed | None
) -> Saved | web.Response:
    """Make the change; where it isn't made, the page with the reason and all that was typed."""
    words = words_for(request)
    try:
        return await change or Saved(answer_id)
    except Conflict as conflict:
        if conflict.theirs is None:
            said = words.say("This answer is gone from the files: somebody deleted it meanwhile.")
            return await _page(request, answer_id, typed=typed, refused=Refused(said), status=409)
        said = words.say("Somebody changed this answer while you had it open. Nothing of yours is saved yet.")
        refused = Refused(said, await _against(request, answer_id, conflict.theirs, typed))
        typed = replace(typed, base=fingerprint(conflict.theirs)) if typed else None
        return await _page(request, answer_id, typed=typed, refused=refused, status=409)
    except (EditRefused, FilesBusy) as error:
        said = str(error) + await _line_below(request, answer_id, str(error), typed)
        return await _page(request, answer_id, typed=typed, refused=Refused(said), status=422)


async def _line_below(request: web.Request, answer_id: str, error: str, typed: Typed | None) -> str:
    """Which line of the YAML typed an error is about, where it names one of the file; else ""."""
    place = (found := await console_of(request).editor.read()).places.get(answer_id)
    named = re.match(r"answers/([^:]+):(\d+):", error)
    if place is None or named is None or typed is None or named[1] != place.file:
        return ""
    line = int(named[2]) - found.texts[place.file].count("\n", 0, place.entry.start)
    if not 1 <= line <= typed.yaml.count("\n") + 1:
        return ""
    return " " + words_for(request).say("That is line {n} of what you typed.", n=line)


async def _against(
    request: web.Request, answer_id: str, theirs: str, typed: Typed | None
) -> tuple[DiffLine, ...] | None:
    """What saving over it would change: from what stands there now to what was typed."""
    if typed is None:
        return None
    if typed.yaml.strip():
        return diff_of(theirs, typed.yaml)
    found = await console_of(request).editor.read()
    place = found.places[answer_id]
    try:
        old = await asyncio.to_thread(fields_of, found.texts[place.file], place.index)
        mine = fields_from(typed, old, language=console_of(request).settings.desk.language)
    except EditRefused:
        return ()
    return diff_of(_as_lines(old), _as_lines(mine))


def _as_lines(fields: EntryFields) -> str:
    title = [f"title {code}: {text}" for code, texts in fields.title.items() for text in texts]
    variants = [f"{code}: {text}" for code, texts in fields.variants.items() for text in texts]
    return "\n".join([*title, *variants, f"hand_over: {str(fields.hand_over).lower()}"])


async def _page(
    request: web.Request,
    answer_id: str,
    *,
    typed: Typed | None = None,
    refused: Refused | None = None,
    status: int = 200,
) -> web.Response:
    console, words = console_of(request), words_for(request)
    found = await console.editor.read()
    place, changes = found.places.get(answer_id), await console.store.answers.changes(answer_id)
    if place is None and not changes and typed is None:
        raise web.HTTPNotFound
    current = place.entry.text if place is not None else None
    rows = [row for row in await rows_of(request, found) if row.id == answer_id]
    fields, only_yaml = await _fields(found, place)
    opened = typed_of(fields, base=fingerprint(current or ""), yaml=current or "")
    shown = replace(opened, **_kept(typed)) if typed is not None else opened
    values: dict[str, Any] = {
        "answer_id": answer_id,
        "row": rows[0] if rows else None,
        "place": place,
        "is_yaml": bool(only_yaml) or request.query.get("as") == "yaml",
        "only_yaml": only_yaml,
        "typed": shown,
        "base": opened.base,
        "groups": groups_of(shown, tuple(LANGUAGES)),
        "shared": fields.shared,
        "taken_by": shared_by(found, place) if place is not None else (),
        "refused": refused,
        "lost": _lost(answer_id, typed) if typed is not None and place is None else "",
        "problem": found.problem,
        "versions": versions(changes, current),
        "by_hand": is_changed_by_hand(changes, current),
        "given": await console.store.answers.latest_given(answer_id),
        "may_edit": may(me(request).role, "lead"),
        "language_name": lambda code: language_name(words, code),
        "concern_text": lambda concern: concern_text(words, concern),
        **trial_values(words, Trial()),
    }
    return render(request, "answer.html", status=status, **values)


def _kept(typed: Typed) -> dict[str, Any]:
    """What was typed, on the tab it was typed on."""
    if typed.yaml.strip():
        return {"base": typed.base, "yaml": typed.yaml}
    return {name: getattr(typed, name) for name in ("base", "title", "variants", "hand_over")}


def _lost(answer_id: str, typed: Typed) -> str:
    """What was typed into an answer that is gone, to be copied."""
    if typed.yaml.strip():
        return typed.yaml
    titles = {code: (text,) for code, text in typed.title.items()}
    return new_entry(answer_id, "...", EntryFields(titles, typed.variants, typed.hand_over))


async def _fields(found: Snapshot, place: Place | None) -> tuple[EntryFields, str]:
    """The entry's fields, and why it can be edited as YAML only, "" where the form will do."""
    try:
        if place is not None:
            return await asyncio.to_thread(fields_of, found.texts[place.file], place.index), ""
    except EditRefused as error:
        return EntryFields({}, {}, False), str(error)
    return EntryFields({}, {}, False), ""


def person(request: web.Request) -> Person:
    """Who changes something."""
    return Person(me(request).id, me(request).called)


ROUTES = (
    get("/answers/{id}", answer_page, role="agent"),
    post("/answers/{id}", save, role="lead"),
    post("/answers/{id}/delete", delete, role="lead"),
    post("/answers/{id}/bring-back", bring_back, role="lead"),
)
