"""The sentiment head, learned from the desk's labels and from hand-written messages that ship with kefu."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlu.heads import LinearHead, softmax
from nlu.sentiment import MIN_ANGER, sentiment_input, sentiment_of
from training.dataset import LabelledText
from training.features import Features
from training.heads import fit_linear

SHIPPED = Path(__file__).parent / "sentiment.txt"
GROUP = "shipped sentiment"
LABELS = ("negative", "neutral", "positive", "angry")
STRENGTHS = (0.1, 0.5, 2.5)
SHIPPED_STRENGTH = 1.0  # of the head that looks for anger among what a desk calls negative
N_FOLDS = 3
MIN_OWN = 60  # labelled messages of the desk's own from which they alone choose the strength
TEMPERATURES = tuple(1.1**power for power in range(-8, 13))

_HAN = re.compile(r"[\u3400-\u9fff]")

Array = NDArray[np.float32]


def shipped_rows(own: Iterable[LabelledText]) -> list[LabelledText]:
    """The shipped messages in the scripts that the desk's own messages are written in."""
    has_han = any(_HAN.search(row.text) for row in own)
    lines = (line.split("\t") for line in SHIPPED.read_text("utf-8").splitlines())
    return [
        LabelledText(text, f"{GROUP} {i}", sentiment=label)
        for i, (label, text) in enumerate(lines)
        if has_han or not _HAN.search(text)
    ]


def is_shipped_sentiment(row: LabelledText) -> bool:
    """Whether it is one of the shipped messages."""
    return row.group.startswith(f"{GROUP} ")


@dataclass(frozen=True, slots=True, eq=False)
class Moods:
    """Messages with a sentiment, for the head: inputs (n, 2 * width + N_SIGNS), their labels, and which are the desk's `own` (n,)."""

    inputs: Array
    labels: NDArray[np.str_]
    own: NDArray[np.bool_]

    def only(self, chosen: NDArray[np.bool_]) -> "Moods":
        return Moods(self.inputs[chosen], self.labels[chosen], self.own[chosen])


def gather_moods(features: Features, known: Features | None = None) -> Moods:
    """The messages with a sentiment.

    A desk that calls nobody angry calls its angry customers negative: those whom a head of the shipped messages, of
    `known` or among these, finds angry are taken for angry."""
    found = _labelled(features)
    told = _labelled(known) if known else found
    if "angry" in told.labels[told.own] or not (~told.own).any():
        return found
    head = _fit(told.only(~told.own), SHIPPED_STRENGTH)
    angry = head.probs(found.inputs)[:, LABELS.index("angry")] >= MIN_ANGER
    return replace(
        found, labels=np.where(found.own & (found.labels == "negative") & angry, "angry", found.labels)
    )


def _labelled(features: Features) -> Moods:
    chosen = [i for i, row in enumerate(features.rows) if row.sentiment]
    rows = [features.rows[i] for i in chosen]
    inputs = np.stack([sentiment_input(features.encoded[i]) for i in chosen])
    own = np.array([not is_shipped_sentiment(row) for row in rows], bool)
    return Moods(inputs, np.array([str(row.sentiment) for row in rows]), own)


def _fit(messages: Moods, strength: float, start: LinearHead | None = None) -> LinearHead:
    return fit_linear(messages.inputs, messages.labels.tolist(), strength=strength, names=LABELS, start=start)


@dataclass(frozen=True, slots=True)
class Fitting:
    """How strongly the head is fitted, and the temperature that makes its probabilities come true."""

    strength: float
    temperature: float


def choose_fitting(features: Features, held_out: Features | None = None) -> Fitting | None:
    """What leaves the least loss on messages that weren't fitted on; None where no message has a sentiment.

    They are met in cross-validation, those of the desk's own where there are enough; or they are those `held_out`
    from an encoder that was tuned on the others."""
    if not _has_sentiment(features):
        return None
    messages = gather_moods(features)
    if held_out and _has_sentiment(held_out):
        asked = gather_moods(held_out, features)
        scores = _scores(messages, asked, STRENGTHS)
    else:
        judged = messages.own if messages.own.sum() >= MIN_OWN else np.ones(len(messages.own), bool)
        asked = messages.only(judged)
        scores = {strength: met[judged] for strength, met in _out_of_fold(messages, STRENGTHS).items()}
    tried = {strength: _temperature(scores[strength], asked.labels) for strength in STRENGTHS}
    strength = min(tried, key=lambda one: tried[one][1])
    return Fitting(strength, tried[strength][0])


def _has_sentiment(features: Features) -> bool:
    return any(row.sentiment for row in features.rows)


def fit_sentiment_head(features: Features, fitting: Fitting) -> LinearHead:
    """The head of all messages with a sentiment."""
    head = _fit(gather_moods(features), fitting.strength)
    return LinearHead(LABELS, head.weight / fitting.temperature, head.bias / fitting.temperature)


def read_sentiments(head: LinearHead, features: Features) -> list[str]:
    """What serving would read in each message."""
    probs = head.probs(np.stack([sentiment_input(one) for one in features.encoded]))
    return [sentiment_of(head.labels, row)[0] for row in probs]


def as_labelled(found: Sequence[str], gold: Sequence[str]) -> list[str]:
    """Sentiments in the words of the labels: where nothing is labelled angry, what is found angry is negative."""
    return list(found) if "angry" in gold else ["negative" if one == "angry" else one for one in found]


def cross_validated(features: Features, fitting: Fitting) -> tuple[list[str], list[str]]:
    """The sentiments of labelled messages, and those read by heads that hadn't seen them."""
    scores = _out_of_fold(gather_moods(features), (fitting.strength,))[fitting.strength]
    gold = [str(row.sentiment) for row in features.rows if row.sentiment]
    return gold, [sentiment_of(LABELS, row)[0] for row in softmax(scores / fitting.temperature)]


def _out_of_fold(messages: Moods, strengths: Sequence[float]) -> dict[float, Array]:
    """Scores (n, labels) of each message by heads that hadn't seen its fold, for each strength."""
    n = len(messages.labels)
    folds = np.random.default_rng(0).permutation(n) % N_FOLDS
    found = {strength: np.zeros((n, len(LABELS)), np.float32) for strength in strengths}
    for fold in range(N_FOLDS):
        met = folds == fold
        for strength, scores in _scores(messages.only(~met), messages.only(met), strengths).items():
            found[strength][met] = scores
    return found


def _scores(known: Moods, asked: Moods, strengths: Sequence[float]) -> dict[float, Array]:
    found: dict[float, Array] = {}
    head: LinearHead | None = None
    for strength in strengths:
        head = _fit(known, strength, head)
        found[strength] = asked.inputs @ head.weight + head.bias
    return found


def _temperature(scores: Array, labels: NDArray[np.str_]) -> tuple[float, float]:
    """The temperature that leaves the least mean loss, and that loss."""
    gold = [LABELS.index(label) for label in labels]
    picked = np.arange(len(gold)), gold
    losses = [-np.log(softmax(scores / t)[picked] + 1e-9).mean() for t in TEMPERATURES]
    best = int(np.argmin(losses))
    return TEMPERATURES[best], float(losses[best])
