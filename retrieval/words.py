"""What the words of a message say of its intent, counted in the memory's examples."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

WORD = re.compile(r"[぀-ヿ㐀-鿿가-힯]|[^\W_]+")
# Added to each count; chosen by cross-validation, where anything from 0.003 to 0.1 does about as well.
SMOOTHING = 0.03


class WordCounts:
    """Multinomial naive Bayes over words and pairs of words (McCallum and Nigam 1998), each once a text.

    Counting is all there is to it, so an example that is added or removed counts at once. Not for use from
    several threads at a time."""

    def __init__(self, examples: Iterable[tuple[str, str]] = ()) -> None:
        """`examples`: pairs of text and intent."""
        self._counts: dict[str, Counter[str]] = {}  # of each term, by intent
        self._totals: Counter[str] = Counter()  # of all terms, by intent
        for text, intent in examples:
            self.add(text, intent)

    def add(self, text: str, intent: str) -> None:
        """Count an example."""
        terms = _terms(text)
        for term in terms:
            self._counts.setdefault(term, Counter())[intent] += 1
        self._totals[intent] += len(terms)

    def remove(self, text: str, intent: str) -> None:
        """Undo `add`."""
        terms = _terms(text)
        for term in terms:
            counts = self._counts[term]
            counts[intent] -= 1
            if not counts[intent]:
                del counts[intent]
            if not counts:
                del self._counts[term]
        self._totals[intent] -= len(terms)

    def scores(self, text: str, intents: Sequence[str]) -> NDArray[np.float64]:
        """Log likelihood of the text's known words under each intent, the best at 0: (intents,).

        All 0 where no word is known."""
        position = {intent: i for i, intent in enumerate(intents)}
        met = [self._counts[term] for term in _terms(text) if term in self._counts]
        found = np.zeros(len(intents))
        for counts in met:
            for intent, count in counts.items():
                if intent in position:
                    found[position[intent]] += math.log1p(count / SMOOTHING)
        totals = np.array([self._totals[intent] for intent in intents])
        found -= len(met) * np.log(totals + SMOOTHING * max(1, len(self._counts)))
        best: NDArray[np.float64] = found - found.max() if len(found) else found
        return best if met else np.zeros(len(intents))


def _terms(text: str) -> set[str]:
    words = WORD.findall(text.casefold())
    return {*words, *(f"{first} {second}" for first, second in pairwise(words))}
