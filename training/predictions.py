"""What was predicted beside what is true, for messages and for the spans in them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nlu.tagging import Span
from retrieval.candidates import Neighbour
from retrieval.fusion import choice_prob, sigmoid
from training.turns import OUT_OF_SCOPE

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class IntentPredictions:
    """Predictions for n messages: `probs` (n, labels) over the intents in scope, `confidence` (n,) that the
    best one is right and the message in scope, `scope` (n,) that it is in scope; `gold` holds OUT_OF_SCOPE
    for those outside. `prior_shift` is that of `retrieval.fusion.Fusion`.

    `nearest` is the example of another dialogue nearest to each message, () where nobody looked."""

    texts: tuple[str, ...]
    gold: tuple[str, ...]
    labels: tuple[str, ...]
    probs: Array
    confidence: Array
    scope: Array
    nearest: tuple[Neighbour | None, ...] = ()
    prior_shift: float = 0.0

    @property
    def best(self) -> tuple[str, ...]:
        return tuple(self.labels[i] for i in self.probs.argmax(axis=1))

    @property
    def said(self) -> tuple[str, ...]:
        """The best intents, OUT_OF_SCOPE where that is likelier than that the best one is right (Chow 1970), if as many
        messages are out of scope as are feared."""
        confidence = np.clip(self.confidence, 1e-9, 1 - 1e-9)
        is_best = sigmoid(np.log(confidence / (1 - confidence)) - self.prior_shift) >= 1 - self.scope
        return tuple(np.where(is_best, np.array(self.best), OUT_OF_SCOPE).tolist())

    @property
    def choice(self) -> Array:
        """How probable it is that the intent meant is among the choices offered."""
        return choice_prob(self.probs, self.scope)

    @property
    def in_scope(self) -> NDArray[np.bool_]:
        return np.array([label != OUT_OF_SCOPE for label in self.gold], bool)

    @property
    def right(self) -> NDArray[np.bool_]:
        return np.array([best == gold for best, gold in zip(self.best, self.gold, strict=True)], bool)


@dataclass(frozen=True, slots=True)
class SpanPredictions:
    """Spans for n texts; `tokens` are the word offsets of each."""

    texts: tuple[str, ...]
    tokens: tuple[tuple[tuple[int, int], ...], ...]
    gold: tuple[tuple[Span, ...], ...]
    predicted: tuple[tuple[Span, ...], ...]
