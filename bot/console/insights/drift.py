"""Whether messages are still what the release was made for: a panel of the insights page."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.console.console import console_of
from bot.console.insights.sheets import shown
from bot.console.rendering import words_for
from bot.watch.drift import Compared
from bot.watch.drifting import farthest, standing
from bot.wording import Wording

N_FARTHEST = 8
N_NAMES = 3


@dataclass(frozen=True, slots=True)
class Row:
    """A measure as it was and as it is, in lines."""

    name: str
    before: tuple[str, ...]
    now: tuple[str, ...]
    is_drift: bool


async def drift_values(request: web.Request) -> dict[str, Any]:
    """What the panel shows."""
    console, words = console_of(request), words_for(request)
    found = await standing(console.store, console.settings, console.engine.release)
    examples = []
    if found.baseline is not None and found.live.n:
        examples = await farthest(console.store, console.settings, found, limit=N_FARTHEST)
    return {
        "drift": found,
        "drift_rows": [row_of(words, one) for one in found.measures],
        "farthest": examples,
        "is_drifting": any(one.is_drift for one in found.measures),
    }


def row_of(words: Wording, one: Compared) -> Row:
    """Medians and shares; of names those whose share changed most."""
    names = {
        "length": words.say("Length of messages, in characters"),
        "language": words.say("Languages"),
        "intent": words.say("What is asked"),
        "distance": words.say("Likeness to the nearest example"),
        "sure": words.say("Sure enough to be answered"),
    }
    if one.middles is None:
        most = one.shares[:N_NAMES]
        before, now = (
            tuple(f"{share[0] or '–'} {shown(words, 'share', share[which])}" for share in most)
            for which in (1, 2)
        )
    elif one.measure == "sure":
        before, now = ((shown(words, "share", share),) for share in one.middles)
    else:
        digits = 0 if one.measure == "length" else 2
        before, now = ((f"{value:.{digits}f}",) for value in one.middles)
    return Row(names[one.measure], before, now, one.is_drift)
