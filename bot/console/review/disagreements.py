"""What people disagree about, as the review shows it: each side with who said so, when and how."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web

from bot.console.console import console_of
from bot.review.recognising import Recogniser
from bot.store.labels.given import GivenLabel
from bot.store.labels.rules import Conflict, conflicts
from bot.store.values import now
from bot.wording import Wording

LOOKS_BACK = timedelta(days=30)  # for what staff wrote to customers
SHOWN = 6  # voices of a side


@dataclass(frozen=True, slots=True)
class Voice:
    """Who said it and how, in words; `n` customers are one voice, `at` is when the last of them spoke."""

    who: str
    how: str
    at: datetime
    note: str = ""
    n: int = 1


async def open_conflicts(request: web.Request) -> list[Conflict]:
    """Those that nobody settled, the newest first."""
    console = console_of(request)
    labels = console.store.labels
    since = now() - LOOKS_BACK
    recogniser = Recogniser(console.engine.dialogue.answering.book)
    sent = recogniser.labels(await labels.handoff_replies(since))
    return conflicts([*await labels.given(since), *sent])


def told_sides(words: Wording, conflict: Conflict) -> list[tuple[str, list[Voice]]]:
    """Each intent with those who speak for it, or against it."""
    return [(side.intent, list(_voices(words, side.labels))[:SHOWN]) for side in conflict.sides]


def how_said(words: Wording, one: GivenLabel) -> str:
    """How somebody came to say so."""
    match one.origin:
        case "settled":
            return words.say("settled it")
        case "draft_sent":
            return words.say("sent the bot's draft")
        case "draft_edited":
            return words.say("sent the bot's draft in other words")
        case "draft_rejected":
            return words.say("rejected the bot's draft: not this")
        case "sent_answer":
            return words.say("wrote this answer to the customer")
        case "chosen":
            return words.say("chose it when asked")
        case "not_helpful":
            return words.say("called the answer not helpful: not this")
        case "helpful":
            return words.say("called the answer helpful")
        case _:
            return words.say("labelled it")


def _voices(words: Wording, labels: tuple[GivenLabel, ...]) -> Iterator[Voice]:
    """Staff by name; customers by number, for a click is nobody's name."""
    for one in labels:
        if one.trust != "customer":
            yield Voice(one.by, how_said(words, one), one.at, one.note)
    for origin in ("chosen", "not_helpful"):
        theirs = [one for one in labels if one.origin == origin]
        if theirs:
            n = len({one.by for one in theirs})
            who = words.say("1 customer") if n == 1 else words.say("{count} customers", count=n)
            yield Voice(who, how_said(words, theirs[-1]), theirs[-1].at, n=n)
