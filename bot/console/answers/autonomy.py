"""How far the bot goes by itself, for each intent, and what people made of its drafts."""

from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from aiohttp import web

from bot.autonomy import levels_of
from bot.console.access import me
from bot.console.console import Console, console_of
from bot.console.forms import form_of
from bot.console.notices import see_other
from bot.console.rendering import render, words_for
from bot.console.routes import get, post
from bot.messages import AUTONOMY_LEVELS, AutonomyLevel
from bot.store.inbox.autonomy import EVERYTHING, DraftCounts
from bot.store.values import now

LOOKS_BACK = timedelta(days=30)
READY_FROM, READY_SHARE = (
    20,
    0.95,
)  # drafts, and the share of them sent as they were: it could answer by itself
FIELD = "level:"  # begins the names of the form's fields; an intent follows


@dataclass(frozen=True, slots=True)
class Row:
    """An intent; `level` is "" where the default holds."""

    intent: str
    title: str
    level: str
    drafts: DraftCounts

    @property
    def is_ready(self) -> bool:
        n = self.drafts.sent + self.drafts.edited + self.drafts.unused
        return n >= READY_FROM and self.drafts.sent >= READY_SHARE * n


async def autonomy_page(request: web.Request) -> web.Response:
    """All intents with their levels, those with drafts first."""
    console, words = console_of(request), words_for(request)
    inbox = console.store.inbox
    levels, counts = await inbox.autonomy(), await inbox.draft_counts(now() - LOOKS_BACK)
    rows = [
        Row(
            intent,
            console.rereading.title(intent, words.language),
            levels.get(intent, ""),
            counts.get(intent, DraftCounts()),
        )
        for intent in _intents(console)
    ]
    rows.sort(key=lambda row: (-(row.drafts.sent + row.drafts.edited + row.drafts.unused), row.intent))
    names = {
        "auto": words.say("Answers by itself"),
        "suggest": words.say("Drafts, a person sends"),
        "off": words.say("Leaves it to people"),
    }
    return render(
        request, "autonomy.html", rows=rows, default=levels.get(EVERYTHING, "auto"), names=names, field=FIELD
    )


async def save(request: web.Request) -> web.Response:
    """Take over what was changed; here at once, in other processes within seconds."""
    console, form = console_of(request), await form_of(request)
    stored = await console.store.inbox.autonomy()
    wanted = {name.removeprefix(FIELD): level for name, level in form.items() if name.startswith(FIELD)}
    known = {EVERYTHING, *_intents(console)}
    if not set(wanted) <= known or not set(wanted.values()) <= {"", *AUTONOMY_LEVELS}:
        raise web.HTTPBadRequest
    for intent, level in wanted.items():
        before = stored.get(intent, "auto" if intent == EVERYTHING else "")
        if level != before:
            set_to = cast(AutonomyLevel, level) if level else None
            await console.store.inbox.set_autonomy(intent, set_to, me(request).id)
    console.engine.levels = levels_of(await console.store.inbox.autonomy())
    return see_other(request, "/autonomy", words_for(request).say("Saved: it holds from now on."))


def _intents(console: Console) -> tuple[str, ...]:
    """What the bot has an answer to; whoever asks for a person gets one in any case."""
    return console.rereading.answerable


ROUTES = (
    get("/autonomy", autonomy_page, role="lead"),
    post("/autonomy", save, role="lead"),
)
