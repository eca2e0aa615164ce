"""A message is read: understood in one encoder pass, and searched for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from bot.dialogue.decide import OUT_OF_SCOPE, SMALL_TALK
from bot.dialogue.phrases import after_greeting
from bot.dialogue.talk import Talk
from bot.monitoring.meters import tell_in_turn
from bot.monitoring.pulse import UNDERSTANDING
from nlu.understanding import Understanding
from retrieval.budget import Budget
from retrieval.candidates import Findings

if TYPE_CHECKING:
    from bot.store.records import Correction

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ReadText:
    """What one text means and what was found for it, and how many seconds of reading it were the search."""

    understanding: Understanding
    findings: Findings
    search_s: float


class Reads(Protocol):
    """A model, as far as the desk needs it."""

    @property
    def entity_types(self) -> tuple[str, ...]:
        """What may be found in a message."""

    @property
    def budget(self) -> Budget:
        """The thresholds of the release."""

    @property
    def intents(self) -> tuple[str, ...]:
        """All that a message can be found to mean."""

    async def read(self, texts: Sequence[str]) -> list[ReadText]:
        """Understand texts, and find intents, answers and passages for each."""

    async def understand(self, text: str) -> Understanding:
        """Understand a text, for its vector alone."""

    async def nearness(self, vectors: Vectors) -> Vectors:
        """The cosine of each vector's (n, width) nearest labelled example: (n,); -1 where there is none."""

    async def taught_share(self, vectors: Vectors) -> Vectors:
        """How near each vector (n, width) is to what corrections taught, 0..1: (n,)."""

    async def alike(self, bound: float) -> list[tuple[str, str]]:
        """Pairs of answers whose words are nearer to each other than that cosine."""

    async def learn(self, changes: "Sequence[Correction]") -> None:
        """Remember corrections from now on, and forget those that others undo."""

    async def teach(self, names: Mapping[str, tuple[str, str]]) -> None:
        """Find these names from now on, besides those of the files: a name as written -> (type, value)."""


async def read(talk: Talk, reader: Reads) -> Talk:
    """The talk with its understanding and findings.

    For "hi, where is my order" the findings are those of the request, where there is one; the entities
    are of the whole message."""
    [found] = await read_parts(talk, [talk.text], reader)
    return replace(talk, understanding=found.understanding, findings=found.findings)


async def read_parts(talk: Talk, texts: Sequence[str], reader: Reads) -> list[ReadText]:
    """Texts of a talk, each as `read` reads one, in as few waits as one takes."""
    found = await _read(texts, talk, reader)
    rests = {number: rest for number, one in enumerate(found) if (rest := _after_greeting(one))}
    if rests:
        for number, request in zip(rests, await _read([*rests.values()], talk, reader), strict=True):
            if _is_request(request.findings, reader.budget):
                found[number] = replace(found[number], findings=request.findings)
    return found


async def _read(texts: Sequence[str], talk: Talk, reader: Reads) -> list[ReadText]:
    began = perf_counter()
    search_s, failure = 0.0, None
    try:
        with UNDERSTANDING.beating():
            found = await reader.read(texts)
        search_s = sum(one.search_s for one in found)
    except Exception as error:
        failure = error
        raise
    finally:
        lasted = perf_counter() - began
        tell_in_turn("understanding", lasted - search_s, talk.timings_ms, ago_s=lasted, failure=failure)
        if search_s:
            tell_in_turn("retrieval", search_s, talk.timings_ms, ago_s=search_s)
    return found


def _after_greeting(found: ReadText) -> str:
    """What follows a greeting or thanks, "" where nothing does, or the text is none."""
    intents = found.findings.intents
    is_small_talk = bool(intents) and intents[0].intent in SMALL_TALK
    return after_greeting(found.understanding.text) if is_small_talk else ""


def _is_request(findings: Findings, budget: Budget) -> bool:
    best = findings.intents[0].intent if findings.intents else OUT_OF_SCOPE
    return best not in {*SMALL_TALK, OUT_OF_SCOPE} and findings.choice_prob >= budget.clarify_threshold
