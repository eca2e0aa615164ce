"""A message's mood: a linear head on what one encoder pass gives anyway, and on the signs in the text.

The middle layer knows better than the last how something is meant; the last one was trained to tell topics."""

import math
from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from nlu.encoder import Encoded
from nlu.signs import N_SIGNS, signs
from nlu.understanding import Sentiment

Array = NDArray[np.float32]

MIDDLE_SCALE = 2.0
SIGN_SCALE = 0.6
BAD = ("negative", "angry")
MIN_ANGER = 0.5  # probability from which somebody is called angry; a person is brought in, so it should be so


def sentiment_input(encoded: Encoded) -> Array:
    """(2 * width + N_SIGNS,): the vector, the direction of the mean word state of the middle layer, the signs;
    of a long text those of its gist."""
    encoded = encoded.gist or encoded
    width = len(encoded.vector)
    found = np.empty(2 * width + N_SIGNS, np.float32)
    found[:width] = encoded.vector
    total = encoded.word_states.sum(axis=0)
    found[width:-N_SIGNS] = total * (MIDDLE_SCALE / max(math.sqrt(total @ total), 1e-6))
    found[-N_SIGNS:] = SIGN_SCALE * signs(encoded.text)
    return found


def sentiment_of(labels: Sequence[str], probs: Array) -> tuple[Sentiment, float]:
    """The sentiment by the probabilities of a head's labels, and how probable it is.

    Negative and angry are weighed against the others together; negative is meant as "at least that"."""
    by_label = dict(zip(labels, probs.tolist(), strict=True))
    angry = by_label.get("angry", 0.0)
    bad = by_label.get("negative", 0.0) + angry
    best = max((label for label in labels if label not in BAD), key=by_label.__getitem__)
    if by_label[best] > bad:
        return cast(Sentiment, best), by_label[best]
    return ("angry", angry) if angry >= MIN_ANGER else ("negative", bad)
