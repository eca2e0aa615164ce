"""Passages found by meaning and by words at once."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.articles import Passage
from retrieval.lexical import LexicalIndex

Vector = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vector]

# Chosen on half of StackFAQ's threads, Bitext's development set and the questions of two FAQs against their bare
# answers, with MiniLM and with multilingual E5. From 0.3 to 0.5 and from 0.1 to 0.2 it makes little difference.
TITLE_SHARE = 0.4  # of the cosine with a passage's title in that with the passage
WORDS_WEIGHT = 0.15


class PassageIndex:
    """Passages scored for a message; never changes, so searches may run side by side.

    The score is the cosine of the vectors and, with a small weight, how much of the message the passage's words
    cover. Adding scores does better than adding ranks (Bruch, Gai and Ingber 2023), which lets the words of a
    question overrule a meaning that is far clearer."""

    def __init__(self, passages: Sequence[Passage], encode: Encode) -> None:
        self.passages = tuple(passages)
        self._vectors = _vectors(self.passages, encode) if passages else None
        self._lexical = LexicalIndex([(passage.title, passage.text) for passage in passages])

    def search(self, text: str, vector: Vector, k: int) -> list[tuple[Passage, float]]:
        """The k best with their scores, best first."""
        scores = self.scores(text, vector)
        return [(self.passages[i], float(scores[i])) for i in np.argsort(-scores, kind="stable")[:k]]

    def scores(self, text: str, vector: Vector) -> Vector:
        """Of all passages, in their order: (passages,), about -1..1. `vector` (width,) has length 1."""
        fused: Vector = self.dense_scores(vector) + np.float32(WORDS_WEIGHT) * self.lexical_scores(text)
        return fused

    def dense_scores(self, vector: Vector) -> Vector:
        """The cosines with each passage and its title, averaged: (passages,)."""
        return np.zeros(0, np.float32) if self._vectors is None else self._vectors @ vector

    def lexical_scores(self, text: str) -> Vector:
        """What `LexicalIndex.scores` gives."""
        return self._lexical.scores(text)


def _vectors(passages: Sequence[Passage], encode: Encode) -> Vector:
    titles = encode([passage.title for passage in passages])
    wholes = encode([f"{passage.title}. {passage.text}" for passage in passages])
    mixed: Vector = (1 - TITLE_SHARE) * wholes + TITLE_SHARE * titles
    return mixed.astype(np.float32)
