"""What retrieval finds, and the probabilities it gives them."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A remembered example near the message; `similarity` is the cosine, -1..1."""

    text: str
    intent: str
    similarity: float


@dataclass(frozen=True, slots=True)
class RankedIntent:
    """An intent with its fused, calibrated probability (classifier and memory together), 0..1."""

    intent: str
    prob: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """An answer or a passage that was found. `prob` is that of showing it being right, 0..1; `score` is the cosine
    of an answer's nearest variant, of a passage what `PassageIndex` gives. For a passage `id` is
    "article:<name>#<n>"."""

    id: str
    kind: Literal["answer", "passage"]
    intent: str | None
    score: float
    prob: float
    title: str = ""
    text: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was found for one message.

    `intents`: best first, fused over classifier and memory, including intents only the memory knows.
    `confidence`: calibrated probability that the best intent is right AND the message is in scope.
    `scope_prob`: calibrated probability that the message is something the desk is for.
    `choice_prob`: how probable it is that one of the three best intents is right.
    `is_corrected`: what staff said of a message nearly the same settles this one.
    `taught_answer`: the answer that staff named for it then, by id.
    `answers`: answer candidates of the best intents, best first; `passages`: best first."""

    intents: tuple[RankedIntent, ...]
    confidence: float
    scope_prob: float
    choice_prob: float
    answers: tuple[Candidate, ...]
    passages: tuple[Candidate, ...]
    neighbours: tuple[Neighbour, ...]
    is_corrected: bool = False
    taught_answer: str | None = None
