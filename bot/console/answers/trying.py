"""What a customer who asks this would get: read and answered now, nothing logged."""

from dataclasses import dataclass

from aiohttp import web

from bot.console.console import console_of
from bot.review.rereading import Reread
from bot.store.inbox.views import Case
from bot.store.values import now
from bot.wording import choose_language

MAX_TEXT = 1000  # characters


@dataclass(frozen=True, slots=True)
class Trial:
    """A question and what comes back; `again` is None where nothing was asked."""

    text: str = ""
    again: Reread | None = None


async def try_out(request: web.Request, text: str) -> Trial:
    """Ask the desk as it is at the moment, at the beginning of a conversation on the web."""
    console, text = console_of(request), text.strip()[:MAX_TEXT]
    if not text:
        return Trial()
    language = choose_language(
        chosen="", text=text, before="", channel="", desk=console.settings.desk.language
    )
    case = Case(0, "try", "", "web", "bot", now(), None, language, now(), {}, (), is_cut=False)
    return Trial(text, await console.rereading.reread(case, text))
