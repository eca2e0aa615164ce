"""The retriever: a message's vector and class probabilities find intents, answers and passages."""

import math
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.answers import Answer, AnswerBook
from retrieval.articles import Passage
from retrieval.budget import Budget
from retrieval.candidates import Candidate, Findings, RankedIntent
from retrieval.fusion import NEIGHBOURS, OUT_OF_SCOPE, Evidence, Fused, Fusion
from retrieval.memory import Example, Memory, as_neighbours
from retrieval.passages import Encode, PassageIndex, Vector

TEMPLATE_MARKS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")

# A correction counts fully for a message this near, and not at all for one that far.
CORRECTION_FULL = 0.95
CORRECTION_NONE = 0.80
# To label one more message as near to what staff taught teaches nothing, one as far away as much as ever. Chosen for
# the review by bench/learning.py on parts of the training files of BANKING77 and CLINC150.
TAUGHT_FULL = 0.9
TAUGHT_NONE = 0.6
# An intent's first answer is the rule and the others are exceptions, which must be nearer by this cosine. Of
# 92 messages of the demo shop whose answer among several is known, 74 get theirs so, without it 67.
FIRST_LEAD = 0.04


class Retriever:
    """Everything findable in one workspace with one release; searches may run in any thread."""

    def __init__(
        self,
        labels: Sequence[str],
        memory: Memory,
        fusion: Fusion,
        budget: Budget,
        *,
        answers: AnswerBook,
        passages: Sequence[Passage] = (),
        encode: Encode,
    ) -> None:
        self.labels = tuple(labels)
        self.memory = memory
        self.fusion = fusion
        self.budget = budget
        self.answers = answers
        variants = [(answer.id, text) for answer in answers.answers for text in _plain_variants(answer)]
        self._variant_of = [answer_id for answer_id, _ in variants]
        self._begins: dict[str, int] = {}  # where the variants of each answer begin
        for i, answer_id in enumerate(self._variant_of):
            self._begins.setdefault(answer_id, i)
        self._variant_vectors = encode([text for _, text in variants]) if variants else None
        self.passages = PassageIndex(passages, encode)

    @property
    def intents(self) -> tuple[str, ...]:
        """All that a message can be found to mean: what the release learned, and what was corrected to since."""
        return tuple(dict.fromkeys((*self.labels, *self.memory.intents)))

    def search(
        self, text: str, vector: Vector, class_probs: NDArray[np.float32], *, top: int = 5
    ) -> Findings:
        """Find what a message may mean and what may answer it.

        `vector` (width,) of length 1 and `class_probs` (labels,) come from one encoder pass."""
        near = self.memory.search(vector, NEIGHBOURS)
        # A neighbour's intent may have left the memory since, in another thread.
        labels = tuple(dict.fromkeys((*self.intents, *(example.intent for example, _ in near))))
        share = _share_of_correction(near)
        fused = _with_correction(self._fuse(text, near, class_probs, labels), near, labels, share)
        ranked = _rank(fused, labels)[:top]
        taught = near[0][0].answer_id if share else None
        return Findings(
            intents=ranked,
            confidence=float(fused.confidence[0]),
            scope_prob=float(fused.scope[0]),
            choice_prob=float(fused.choice[0]),
            answers=self._rank_answers(vector, ranked, taught, share),
            passages=self._rank_passages(text, vector, top),
            neighbours=as_neighbours(near[:top]),
            is_corrected=share > 0.5,
            taught_answer=taught if share > 0.5 and taught and self.answers.find(taught) else None,
        )

    def nearness(self, vector: Vector) -> float:
        """The cosine of the nearest example in the memory; -1 where there is none."""
        near = self.memory.search(vector, 1)
        return near[0][1] if near else -1.0

    def taught_share(self, vectors: Vector) -> NDArray[np.float32]:
        """How near each vector (n, width) is to what corrections taught, 0 from TAUGHT_NONE down to 1 from TAUGHT_FULL up."""
        taught = self.memory.corrected()
        if not len(taught):
            return np.zeros(len(vectors), np.float32)
        nearest = (vectors @ taught.T).max(axis=1)
        shares: NDArray[np.float32] = np.clip((nearest - TAUGHT_NONE) / (TAUGHT_FULL - TAUGHT_NONE), 0, 1)
        return shares

    def alike(self, bound: float) -> list[tuple[str, str]]:
        """Pairs of answers with variants nearer to each other than that cosine, titles included, in file order."""
        if self._variant_vectors is None:
            return []
        near = np.argwhere(np.triu(self._variant_vectors @ self._variant_vectors.T > bound, k=1))
        pairs = ((self._variant_of[one], self._variant_of[other]) for one, other in near.tolist())
        return list(dict.fromkeys(pair for pair in pairs if pair[0] != pair[1]))

    def learn(
        self, text: str, intent: str, vector: Vector, *, correction_id: int, answer_id: str | None = None
    ) -> None:
        """Remember a correction, perhaps with the very answer to give; the next search finds it."""
        self.memory.learn(Example(text, intent, correction_id, answer_id), vector)

    def unlearn(self, correction_id: int) -> bool:
        """Forget a correction that was taken back; False if it wasn't known."""
        return self.memory.unlearn(correction_id)

    def _fuse(
        self,
        text: str,
        near: Sequence[tuple[Example, float]],
        class_probs: NDArray[np.float32],
        labels: tuple[str, ...],
    ) -> Fused:
        probs = np.zeros((1, len(labels)))
        probs[0, : len(class_probs)] = class_probs
        # Without a neighbour each intent has one vote, as far away as can be.
        similarities = np.array([[similarity for _, similarity in near] or [0.0] * len(labels)])
        column = {label: i for i, label in enumerate(labels)}
        owners = np.array([[column[example.intent] for example, _ in near] or range(len(labels))])
        words = self.memory.word_scores(text, labels)[None, :]
        return self.fusion.fuse(Evidence(probs, similarities, owners, words), labels)

    def _rank_answers(
        self, vector: Vector, intents: Sequence[RankedIntent], taught: str | None, share: float
    ) -> tuple[Candidate, ...]:
        """Those of the intents, the taught one first among those of its own by that share."""
        likeness = self._likeness(vector)
        found: list[Candidate] = []
        for ranked in intents:
            group = self.answers.of_intent(ranked.intent)
            cosines = [likeness[answer.id] for answer in group]
            shares = _shares(cosines, [answer.id == taught for answer in group], share)
            for i in sorted(range(len(group)), key=shares.__getitem__, reverse=True):
                answer, prob = group[i], ranked.prob * shares[i]
                title, text = answer.title.first, answer.variants.first
                found.append(Candidate(answer.id, "answer", answer.intent, cosines[i], prob, title, text))
        return tuple(found)

    def _likeness(self, vector: Vector) -> dict[str, float]:
        """The cosine of each answer's nearest variant."""
        if self._variant_vectors is None:
            return {}
        nearest = np.maximum.reduceat(self._variant_vectors @ vector, [*self._begins.values()])
        return dict(zip(self._begins, nearest.tolist(), strict=True))

    def _rank_passages(self, text: str, vector: Vector, top: int) -> tuple[Candidate, ...]:
        return tuple(
            Candidate(
                passage.id,
                "passage",
                None,
                score,
                float(np.clip(score, 0, 1)),
                passage.title,
                passage.text,
                passage.source,
            )
            for passage, score in self.passages.search(text, vector, top)
        )


def _shares(cosines: Sequence[float], is_taught: Sequence[bool], share: float) -> list[float]:
    """What each answer of an intent has of its probability, by likeness; the taught one that share of all."""
    weights = [math.exp(4 * (cosine + (0 if i else FIRST_LEAD))) for i, cosine in enumerate(cosines)]
    shares = [weight / max(sum(weights), 1e-9) for weight in weights]
    if any(is_taught):
        shares = [(1 - share) * one + share * is_it for one, is_it in zip(shares, is_taught, strict=True)]
    return shares


def _share_of_correction(near: Sequence[tuple[Example, float]]) -> float:
    """How much a correction counts for a message whose nearest example it is, 0..1: the more the nearer."""
    if not near or near[0][0].correction_id is None:
        return 0.0
    return float(np.clip((near[0][1] - CORRECTION_NONE) / (CORRECTION_FULL - CORRECTION_NONE), 0, 1))


def _with_correction(
    fused: Fused, near: Sequence[tuple[Example, float]], labels: tuple[str, ...], share: float
) -> Fused:
    if not share:
        return fused
    intent = near[0][0].intent
    told = np.zeros_like(fused.probs)
    told[0, labels.index(intent)] = 1.0
    is_inside = float(intent != OUT_OF_SCOPE)
    return Fused(
        (1 - share) * fused.probs + share * told,
        (1 - share) * fused.confidence + share * is_inside,
        (1 - share) * fused.scope + share * is_inside,
        (1 - share) * fused.choice + share * is_inside,
    )


def _rank(fused: Fused, labels: Sequence[str]) -> tuple[RankedIntent, ...]:
    order = np.argsort(-fused.probs[0])
    return tuple(
        RankedIntent(labels[i], float(fused.probs[0, i])) for i in order if labels[i] != OUT_OF_SCOPE
    )


def _plain_variants(answer: Answer) -> list[str]:
    texts = (f"{answer.title.first}. {variant}" for variant in answer.variants.templates)
    return [re.sub(r"\s+", " ", TEMPLATE_MARKS.sub("", text)) for text in texts]
