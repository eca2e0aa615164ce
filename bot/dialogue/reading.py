"""A message is read: understood in one encoder pass, and searched for."""

import asyncio
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bot.dialogue.decide import OUT_OF_SCOPE, SMALL_TALK
from bot.dialogue.phrases import after_greeting
from bot.dialogue.talk import Talk
from bot.monitoring.meters import timed_in_turn
from bot.monitoring.pulse import UNDERSTANDING
from nlu.understanding import Understanding
from retrieval.budget import Budget
from retrieval.candidates import Findings


class Understands(Protocol):
    """nlu's Understander, as far as the desk needs it."""

    @property
    def entity_types(self) -> tuple[str, ...]:
        """What may be found in a message."""

    async def understand(self, text: str) -> Understanding:
        """Understand one message."""


class Searches(Protocol):
    """retrieval's Retriever, as far as the desk needs it."""

    @property
    def budget(self) -> Budget:
        """The thresholds of the release."""

    @property
    def intents(self) -> tuple[str, ...]:
        """All that a message can be found to mean."""

    def search(
        self, text: str, vector: NDArray[np.float32], class_probs: NDArray[np.float32], *, top: int = 5
    ) -> Findings:
        """Find intents, answers and passages for a message."""

    def nearness(self, vector: NDArray[np.float32]) -> float:
        """The cosine of the nearest labelled example."""

    def taught_share(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """How near each vector (n, width) is to what corrections taught, 0..1: (n,)."""

    def alike(self, bound: float) -> list[tuple[str, str]]:
        """Pairs of answers whose words are nearer to each other than that cosine."""


async def read(talk: Talk, understander: Understands, retriever: Searches) -> Talk:
    """The talk with its understanding and findings.

    For "hi, where is my order" the findings are those of the request, where there is one; the entities
    are of the whole message."""
    understanding = await _understand(talk.text, talk, understander)
    findings = await _search(understanding, talk, retriever)
    if (
        findings.intents
        and findings.intents[0].intent in SMALL_TALK
        and (rest := after_greeting(understanding.text))
    ):
        found = await _search(await _understand(rest, talk, understander), talk, retriever)
        findings = found if _is_request(found, retriever.budget) else findings
    return replace(talk, understanding=understanding, findings=findings)


async def _understand(text: str, talk: Talk, understander: Understands) -> Understanding:
    with UNDERSTANDING.beating(), timed_in_turn("understanding", talk.timings_ms):
        return await understander.understand(text)


async def _search(understanding: Understanding, talk: Talk, retriever: Searches) -> Findings:
    text, vector, class_probs = understanding.read_as, understanding.vector, understanding.class_probs
    with timed_in_turn("retrieval", talk.timings_ms):
        return await asyncio.to_thread(retriever.search, text, vector, class_probs)


def _is_request(findings: Findings, budget: Budget) -> bool:
    best = findings.intents[0].intent if findings.intents else OUT_OF_SCOPE
    return best not in {*SMALL_TALK, OUT_OF_SCOPE} and findings.choice_prob >= budget.clarify_threshold
