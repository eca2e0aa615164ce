"""A retriever without vectors, for a desk whose release can't be read: examples found by their words."""

import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.answers import AnswerBook
from retrieval.budget import Budget
from retrieval.candidates import Candidate, Findings, Neighbour, RankedIntent
from retrieval.examples import Example
from retrieval.lexical import LexicalIndex
from retrieval.passages import Vector
from retrieval.words import WordCounts

NEAREST = 8
# Nothing is held out to compute thresholds from. These were chosen on the demo shop, each fifth of its messages found among
# the others: 5 % are answered, 98 % of them rightly; half are asked which of three intents they mean, three in four of those
# find theirs (bench/without_release.py).
COVERED = 0.3  # of the message by the nearest example
AGREED = 0.7  # of the nearest examples' weight on one intent
HALF_COVERED = 0.15  # to ask which of three is meant
OUT_OF_SCOPE = "out_of_scope"


class LexicalRetriever:
    """Finds intents by BM25 over labelled examples and by naive Bayes over their words, and is sure where both agree."""

    def __init__(self, examples: Sequence[Example], answers: AnswerBook) -> None:
        self.answers = answers
        self.budget = Budget(
            max_wrong_answers=0.5,
            answer_threshold=COVERED,
            clarify_threshold=HALF_COVERED,
            passage_threshold=1.0,
            is_guaranteed=False,
        )
        self._lock = threading.Lock()
        self._examples = list(examples)
        self._taught: dict[int, Example] = {}
        self._made: _Known | None = None

    @property
    def intents(self) -> tuple[str, ...]:
        """All that a message can be found to mean."""
        return self._known().intents

    def search(
        self, text: str, vector: Vector, class_probs: NDArray[np.float32], *, top: int = 5
    ) -> Findings:
        """Find what was said before in like words; `vector` and `class_probs` are not looked at."""
        known = self._known()
        covered = known.index.scores(text)
        near = [int(row) for row in np.argsort(-covered, kind="stable")[:NEAREST] if covered[row] > 0]
        said = known.row_of.get(text.strip().casefold())
        if said is not None:  # in the very same words
            near, covered[said] = [said], 1.0
        votes, likely = self._votes(known, near, covered), self._likely(known, text)
        ranked = sorted(known.intents, key=lambda intent: -(votes[intent] + likely[intent]))
        intents = tuple(
            RankedIntent(intent, (votes[intent] + likely[intent]) / 2)
            for intent in ranked
            if intent != OUT_OF_SCOPE and votes[intent] + likely[intent] > 0
        )[:top]
        best = float(covered[near[0]]) if near else 0.0
        is_sure = said is not None or self._agree(votes, likely)
        taught = known.examples[said] if said is not None and known.examples[said].correction_id else None
        return Findings(
            intents=intents,
            confidence=best if is_sure else 0.0,
            scope_prob=best,
            choice_prob=best,
            answers=self._candidates(intents),
            passages=(),
            neighbours=tuple(
                Neighbour(known.examples[row].text, known.examples[row].intent, float(covered[row]))
                for row in near[:top]
            ),
            is_corrected=taught is not None,
            taught_answer=taught.answer_id if taught and self.answers.find(taught.answer_id or "") else None,
        )

    def learn(
        self, text: str, intent: str, vector: Vector, *, correction_id: int, answer_id: str | None = None
    ) -> None:
        """Remember a correction; the next search finds it."""
        with self._lock:
            self._taught[correction_id] = Example(text, intent, correction_id, answer_id)
            self._made = None

    def unlearn(self, correction_id: int) -> bool:
        """Forget a correction that was taken back; False if it wasn't known."""
        with self._lock:
            self._made = None
            return self._taught.pop(correction_id, None) is not None

    def nearness(self, vector: Vector) -> float:
        """-1: nothing is known of vectors."""
        return -1.0

    def taught_share(self, vectors: Vector) -> NDArray[np.float32]:
        """0 for each (n, width): nothing is known of vectors."""
        return np.zeros(len(vectors), np.float32)

    def alike(self, bound: float) -> list[tuple[str, str]]:
        """None: nothing is known of vectors."""
        return []

    def _known(self) -> "_Known":
        """Made anew where corrections came or went: staff's words stand before the same ones of the files."""
        with self._lock:
            if self._made is None:
                taught = {one.text.casefold(): one for one in self._taught.values()}
                kept = (one for one in self._examples if one.text.casefold() not in taught)
                self._made = _Known.of((*taught.values(), *kept))
            return self._made

    @staticmethod
    def _votes(known: "_Known", near: Sequence[int], covered: NDArray[np.float32]) -> Mapping[str, float]:
        """What each intent has of the weight of the nearest examples, 0..1."""
        votes: defaultdict[str, float] = defaultdict(float)
        for row in near:
            votes[known.examples[row].intent] += float(covered[row]) ** 2
        total = sum(votes.values())
        return defaultdict(float, {intent: vote / total for intent, vote in votes.items()})

    @staticmethod
    def _likely(known: "_Known", text: str) -> Mapping[str, float]:
        """The probability of each intent by naive Bayes over the words; 0 where no word is known."""
        scores = known.words.scores(text, known.intents)
        if not scores.any():
            return defaultdict(float)
        probs = np.exp(scores)
        return dict(zip(known.intents, (probs / probs.sum()).tolist(), strict=True))

    @staticmethod
    def _agree(votes: Mapping[str, float], likely: Mapping[str, float]) -> bool:
        """Whether both ways of looking find the same intent, and it is one the desk is for."""
        if not votes or not likely:
            return False
        best = max(votes, key=votes.__getitem__)
        return votes[best] >= AGREED and best == max(likely, key=likely.__getitem__) and best != OUT_OF_SCOPE

    def _candidates(self, intents: Sequence[RankedIntent]) -> tuple[Candidate, ...]:
        return tuple(
            Candidate(
                one.id, "answer", one.intent, ranked.prob, ranked.prob, one.title.first, one.variants.first
            )
            for ranked in intents
            for one in self.answers.of_intent(ranked.intent)
        )


@dataclass(frozen=True, slots=True)
class _Known:
    examples: tuple[Example, ...]
    index: LexicalIndex
    words: WordCounts
    intents: tuple[str, ...]
    row_of: Mapping[str, int]  # by text

    @classmethod
    def of(cls, examples: tuple[Example, ...]) -> "_Known":
        return cls(
            examples,
            LexicalIndex([("", one.text) for one in examples]),
            WordCounts((one.text, one.intent) for one in examples),
            tuple(dict.fromkeys(one.intent for one in examples)),
            {one.text.casefold(): row for row, one in enumerate(examples)},
        )
