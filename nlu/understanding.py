"""What one message means: the value every other package works with."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Sentiment = Literal["negative", "neutral", "positive", "angry"]
EntitySource = Literal["model", "pattern", "gazetteer"]


@dataclass(frozen=True, slots=True)
class Entity:
    """A span of the original text with its type; `text == message[start:end]`, `value` is normalised.

    Normal forms: date YYYY-MM-DD, amount "39.00 GBP", phone E.164, e-mail and postcode as usually
    written, everything else as its pattern or gazetteer in entities.yaml says (else the text itself)."""

    label: str
    start: int
    end: int
    text: str
    value: str
    source: EntitySource = "model"


@dataclass(frozen=True, slots=True)
class IntentProb:
    """An intent with its probability, 0..1."""

    intent: str
    prob: float


@dataclass(frozen=True, slots=True, eq=False)
class Understanding:
    """One encoder pass over one text.

    `read_as` is the text as the encoder met it: misspelt words put right, digits of order numbers and the like left out.
    `class_probs` has one probability for each intent of the release, in the order of its label file;
    `intents` are the best five of them, best first. `vector` is (width,) float32 with length 1.
    `language` is an ISO 639-1 code. `sentiment` is None where the release has no sentiment head, else it
    holds with `sentiment_prob`: negative is a problem or displeasure, angry an outburst or an insult.
    `several` are all the intents that the message has, likeliest first, each probable by itself whatever the others;
    () where the release was trained on messages with one each."""

    text: str
    read_as: str
    intents: tuple[IntentProb, ...]
    entities: tuple[Entity, ...]
    vector: NDArray[np.float32]
    class_probs: NDArray[np.float32]
    language: str
    sentiment: Sentiment | None = None
    sentiment_prob: float = 0.0
    several: tuple[IntentProb, ...] = ()
