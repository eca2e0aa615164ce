"""The linear heads on the encoder's output, as plain arrays: a retrained head is a new small file, not a new model."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from nlu.encoder import Encoded
from nlu.files import BadRelease, read_json
from nlu.letter_case import N_CASES, one_hot
from nlu.signs import N_SIGNS
from nlu.tagging import spans_of, viterbi

Array = NDArray[np.float32]

STATE_LENGTH = 8.0  # of a word's state; keeps the weights of the tag head near 1


def softmax(scores: Array) -> Array:
    """Probabilities along the last axis."""
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    probs: Array = shifted / shifted.sum(axis=-1, keepdims=True)
    return probs


@dataclass(frozen=True, slots=True, eq=False)
class LinearHead:
    """Scores `x @ weight + bias`: (n, width) -> (n, labels)."""

    labels: tuple[str, ...]
    weight: Array
    bias: Array

    def __post_init__(self) -> None:
        if self.weight.shape[1:] != (len(self.labels),) or self.bias.shape != (len(self.labels),):
            raise BadRelease(
                f"a head for {len(self.labels)} labels has weights {self.weight.shape} and biases {self.bias.shape}"
            )

    @property
    def width(self) -> int:
        return int(self.weight.shape[0])

    def probs(self, vectors: Array) -> Array:
        return softmax(vectors @ self.weight + self.bias)


def to_length(states: Array) -> Array:
    """States scaled to one length: those of a middle layer differ by a factor of ten between words."""
    scaled: Array = STATE_LENGTH * states / np.maximum(np.linalg.norm(states, axis=1, keepdims=True), 1e-6)
    return scaled


def word_input(states: Array, cases: NDArray[np.int64]) -> Array:
    """What the tag head reads of each word: its state (words, width) and its letter case, (words, width + N_CASES)."""
    return np.concatenate([to_length(states), one_hot(cases)], axis=1)


def windows(inputs: Array) -> Array:
    """Each word's input, then those of the words before and after it: (words, n) -> (words, 3 * n)."""
    edge = np.zeros((1, inputs.shape[1]), np.float32)
    return np.concatenate([inputs, np.vstack([edge, inputs[:-1]]), np.vstack([inputs[1:], edge])], axis=1)


def tag_width(width: int) -> int:
    """How many numbers the tag head reads for a word, with states of a width."""
    return 3 * (width + N_CASES)


@dataclass(frozen=True, slots=True, eq=False)
class TagHead:
    """Scores each word's tags from its window and finds the best sequence.

    `transitions` (tags, tags) and `start` (tags,) hold the learned scores with the forbidden steps already in."""

    scores: LinearHead
    transitions: Array
    start: Array

    def __post_init__(self) -> None:
        n = len(self.scores.labels)
        if self.transitions.shape != (n, n) or self.start.shape != (n,):
            raise BadRelease(
                f"a head for {n} tags has transitions {self.transitions.shape} and a start {self.start.shape}"
            )

    def spans(self, encoded: Encoded) -> list[tuple[int, int, str]]:
        """The entity spans of one text."""
        if not encoded.words:
            return []
        inputs = word_input(encoded.word_states, encoded.cases)
        emissions = windows(inputs) @ self.scores.weight + self.scores.bias
        path = viterbi(emissions, self.transitions, self.start)
        return spans_of(encoded.words, [self.scores.labels[tag] for tag in path])


@dataclass(frozen=True, slots=True, eq=False)
class SeveralHead:
    """Finds all the intents of a message: each by the message as a whole and by the word that speaks most for it.

    The scores of `message` and of the best word by `words` added up are the log odds of an intent, whatever the
    others; from `threshold` on, a probability, it is there. `centre` (width,) is what all words have in common."""

    message: LinearHead
    words: LinearHead
    centre: Array
    threshold: float

    def __post_init__(self) -> None:
        if self.message.labels != self.words.labels:
            raise BadRelease(
                f"a head for several intents has {len(self.message.labels)} for messages and "
                f"{len(self.words.labels)} for words, or others"
            )
        if self.centre.shape != (self.words.width,):
            raise BadRelease(
                f"a head for words of {self.words.width} numbers has a centre of {self.centre.shape}"
            )

    @property
    def labels(self) -> tuple[str, ...]:
        return self.message.labels

    def probs(self, encoded: Encoded) -> Array:
        """The probability of each intent, (labels,)."""
        scores = message_input(encoded) @ self.message.weight + self.message.bias
        if encoded.words:
            scores = scores + (centred_words(encoded, self.centre) @ self.words.weight + self.words.bias).max(
                axis=0
            )
        probs: Array = 1 / (1 + np.exp(-scores))
        return probs

    def found(self, encoded: Encoded) -> list[tuple[str, float]]:
        """The intents that are there and their probabilities, the likeliest first."""
        probs = self.probs(encoded)
        order = np.argsort(-probs, kind="stable")
        return [(self.labels[i], float(probs[i])) for i in order if probs[i] >= self.threshold]


def message_input(encoded: Encoded) -> Array:
    """What is read of a message as a whole: its vector and the direction of its mean word state, (2 * width,)."""
    return np.concatenate([encoded.vector, _directions(encoded.word_states.sum(axis=0))])


def centred_words(encoded: Encoded, centre: Array) -> Array:
    """What is read of each word: the direction of its state away from the centre, (words, width)."""
    return _directions(word_directions(encoded) - centre)


def word_directions(encoded: Encoded) -> Array:
    """The states of the words scaled to length 1, (words, width); a centre is their mean."""
    return _directions(encoded.word_states)


def _directions(states: Array) -> Array:
    found: Array = states / np.maximum(np.linalg.norm(states, axis=-1, keepdims=True), 1e-6)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Heads:
    """All heads of a release; those whose labels the dialogues lacked are None."""

    intent: LinearHead
    tag: TagHead | None = None
    sentiment: LinearHead | None = None
    several: SeveralHead | None = None

    def check_width(self, width: int) -> None:
        """Refuse heads that were fitted on another encoder's vectors.

        Raises BadRelease with the width met and the width wanted."""
        met = {"intent": (self.intent.width, width)}
        if self.tag:
            met["tag"] = (self.tag.scores.width, tag_width(width))
        if self.sentiment:
            met["sentiment"] = (self.sentiment.width, 2 * width + N_SIGNS)
        if self.several:
            met["several intents'"] = (self.several.message.width, 2 * width)
        for name, (found, wanted) in met.items():
            if found != wanted:
                raise BadRelease(
                    f"the {name} head reads {found} numbers, the encoder gives it {wanted}: train again"
                )

    def arrays(self) -> dict[str, Array]:
        """The tensors of heads.safetensors."""
        found = {"intent.weight": self.intent.weight, "intent.bias": self.intent.bias}
        if self.tag:
            found |= {"tag.weight": self.tag.scores.weight, "tag.bias": self.tag.scores.bias}
            found |= {"tag.transitions": self.tag.transitions, "tag.start": self.tag.start}
        if self.sentiment:
            found |= {"sentiment.weight": self.sentiment.weight, "sentiment.bias": self.sentiment.bias}
        if self.several:
            for name, head in (("message", self.several.message), ("words", self.several.words)):
                found |= {f"several.{name}.weight": head.weight, f"several.{name}.bias": head.bias}
            found["several.centre"] = self.several.centre
            found["several.threshold"] = np.array([self.several.threshold], np.float32)
        return {name: np.ascontiguousarray(array, np.float32) for name, array in found.items()}

    def label_names(self) -> dict[str, tuple[str, ...]]:
        """The content of labels.json."""
        names = {"intent": self.intent.labels}
        if self.tag:
            names["tag"] = self.tag.scores.labels
        if self.sentiment:
            names["sentiment"] = self.sentiment.labels
        if self.several:
            names["several"] = self.several.labels
        return names


def save_heads(heads: Heads, path: Path) -> None:
    """Write the weights; labels.json is the release's to write.

    Raises OSError when the disk won't take them."""
    try:
        save_file(heads.arrays(), path)
    except SafetensorError as error:
        raise OSError(f"{path}: {error}") from error


def load_heads(path: Path, labels: Path) -> Heads:
    """Read the heads of a release.

    Raises BadRelease if weights and labels don't fit each other."""
    names: Mapping[str, Any] = read_json(labels)
    if not isinstance(names, dict) or not all(isinstance(some, list) for some in names.values()):
        raise BadRelease(f"{labels}: wanted an object of lists, the label names of each head")
    try:
        arrays = load_file(path)
        intent = LinearHead(tuple(names["intent"]), arrays["intent.weight"], arrays["intent.bias"])
        tag = None
        if "tag" in names:
            scores = LinearHead(tuple(names["tag"]), arrays["tag.weight"], arrays["tag.bias"])
            tag = TagHead(scores, arrays["tag.transitions"], arrays["tag.start"])
        sentiment = None
        if "sentiment" in names:
            sentiment = LinearHead(
                tuple(names["sentiment"]), arrays["sentiment.weight"], arrays["sentiment.bias"]
            )
        several = None
        if "several" in names:
            message, words = (
                LinearHead(tuple(names["several"]), arrays[f"{part}.weight"], arrays[f"{part}.bias"])
                for part in ("several.message", "several.words")
            )
            centre, threshold = arrays["several.centre"], float(arrays["several.threshold"][0])
            several = SeveralHead(message, words, centre, threshold)
    except (KeyError, OSError, SafetensorError) as error:
        raise BadRelease(f"{path}: the heads can't be read: {error!r}") from error
    except BadRelease as error:
        raise BadRelease(f"{path}: doesn't go with {labels.name}: {error}") from error
    return Heads(intent, tag, sentiment, several)
