"""Classifier and memory become calibrated probabilities: the one place for training and serving.

The two know different things: the classifier where classes border on each other, the memory what was
really said, by meaning and by words. Their evidence for each intent is joined by a conditional logit (McFadden 1974) whose few
weights are fitted on out-of-fold predictions, and a logistic regression (Platt 1999) on the joined
scores and distances says how probable it is that the best intent is right and the message in scope."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.budget import MAX_CHOICES, Budget
from retrieval.errors import RetrievalError

Array = NDArray[np.float64]

NEIGHBOURS = 20
TEMPERATURES = (0.03, 0.05, 0.1)
N_CLASS_FEATURES = 3 + len(TEMPERATURES)
N_SCOPE_FEATURES = 7
FLOOR = 1e-2  # an intent without a single vote is unlikely, not impossible
OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What classifier and memory say of n messages.

    `class_probs` (n, labels) is the classifier's; `similarities` (n, k), best first, and `owners` (n, k), the
    column of their intents, are the nearest examples; `words` (n, labels) are the log likelihoods of the words,
    the best at 0, as `retrieval.words` gives them."""

    class_probs: Array
    similarities: Array
    owners: NDArray[np.intp]
    words: Array


def class_features(evidence: Evidence) -> Array:
    """Evidence for each intent as numbers: (n, labels, N_CLASS_FEATURES).

    They are the classifier's log probability, the similarity of the intent's nearest example (of the farthest
    neighbour where it has none), the logs of its share in the neighbours' votes at three temperatures, and the
    log likelihood of the words."""
    class_probs, similarities, owners = evidence.class_probs, evidence.similarities, evidence.owners
    n, n_labels = class_probs.shape
    at = np.arange(n)[:, None], owners
    nearest = np.repeat(similarities[:, -1:], n_labels, axis=1)
    np.maximum.at(nearest, at, similarities)
    votes = []
    for temperature in TEMPERATURES:
        weights = np.exp((similarities - similarities[:, :1]) / temperature)
        share = np.zeros((n, n_labels))
        np.add.at(share, at, weights)
        votes.append(np.log(share / share.sum(axis=1, keepdims=True) + FLOOR))
    return np.stack([np.log(class_probs + 1e-6), nearest, *votes, evidence.words], axis=2)


def softmax(scores: Array) -> Array:
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    probs: Array = shifted / shifted.sum(axis=1, keepdims=True)
    return probs


def scope_features(probs: Array, evidence: Evidence, outside: int | None) -> Array:
    """What tells a message that was understood from one that was not: (n, N_SCOPE_FEATURES).

    `probs` (n, labels) are fused; `outside` is the column of out-of-scope examples, if there are any."""
    similarities = evidence.similarities
    inside = np.delete(probs, outside, axis=1) if outside is not None else probs
    ordered = np.sort(inside, axis=1)
    best = np.clip(ordered[:, -1], 1e-6, 1 - 1e-6)
    second = ordered[:, -2] if ordered.shape[1] > 1 else np.zeros(len(best))
    out = np.clip(probs[:, outside], 1e-6, 1 - 1e-6) if outside is not None else np.full(len(best), 0.5)
    return np.stack(
        [
            np.log(best) - np.log1p(-best),
            best - second,
            similarities[:, 0],
            similarities[:, 0] ** 2,
            similarities[:, :5].mean(axis=1),
            np.log(evidence.class_probs.max(axis=1) + 1e-6),
            np.log(out) - np.log1p(-out),
        ],
        axis=1,
    )


def sigmoid(x: Array) -> Array:
    result: Array = 1 / (1 + np.exp(-np.clip(x, -30, 30)))
    return result


@dataclass(frozen=True, slots=True, eq=False)
class Fused:
    """`probs` (n, labels) sum to 1 in each row; `confidence` and `scope` (n,) are calibrated, 0..1; `choice` (n,)
    is what `choice_prob` gives."""

    probs: Array
    confidence: Array
    scope: Array
    choice: Array


def choice_prob(inside: Array, scope: Array) -> Array:
    """How probable it is that the intent meant is among the choices offered when the desk asks back: (n,).

    `inside` (n, intents) are the probabilities of the intents in scope, not necessarily summing to 1."""
    best = -np.sort(-inside, axis=1)[:, :MAX_CHOICES]
    share: Array = scope * best.sum(axis=1) / np.maximum(inside.sum(axis=1), 1e-12)
    return share


@dataclass(frozen=True, slots=True)
class Fusion:
    """The fitted weights of a release. `confidence` and `scope` end with their constant. Scope is fitted for as many
    out-of-scope messages as are feared; with `prior_shift` taken off its log odds, so is the confidence."""

    weights: tuple[float, ...]
    confidence: tuple[float, ...]
    scope: tuple[float, ...]
    prior_shift: float = 0.0

    def __post_init__(self) -> None:
        met = (len(self.weights), len(self.confidence), len(self.scope))
        wanted = (N_CLASS_FEATURES, N_SCOPE_FEATURES + 1, N_SCOPE_FEATURES + 1)
        if met != wanted:
            raise RetrievalError(f"a release's fusion has {met} weights, wanted {wanted}: train it again")

    def fuse(self, evidence: Evidence, labels: Sequence[str]) -> Fused:
        """Join the evidence; `labels` names the columns."""
        probs = softmax(class_features(evidence) @ np.array(self.weights))
        outside = labels.index(OUT_OF_SCOPE) if OUT_OF_SCOPE in labels else None
        features = scope_features(probs, evidence, outside)
        scope = _logistic(features, self.scope)
        inside = probs if outside is None else np.delete(probs, outside, axis=1)
        return Fused(probs, _logistic(features, self.confidence), scope, choice_prob(inside, scope))


def save_fusion(fusion: Fusion, budgets: Sequence[Budget], path: Path) -> None:
    """Write fusion.json: the weights, and the thresholds for several budgets."""
    content = {"fusion": asdict(fusion), "budgets": [asdict(budget) for budget in budgets]}
    path.write_text(json.dumps(content, indent=1), "utf-8")


def load_fusion(path: Path, max_wrong_answers: float) -> tuple[Fusion, Budget]:
    """Read what `save_fusion` wrote, with the thresholds of the largest budget within `max_wrong_answers`.

    Raises RetrievalError if the file can't be read or every budget in it is larger."""
    fusion, budgets = load_budgets(path)
    within = [budget for budget in budgets if budget.max_wrong_answers <= max_wrong_answers + 1e-9]
    if not within:
        least = min(budget.max_wrong_answers for budget in budgets)
        raise RetrievalError(
            f"{path}: max_wrong_answers is {max_wrong_answers}, the least this release knows is {least}"
        )
    return fusion, max(within, key=lambda budget: budget.max_wrong_answers)


def load_budgets(path: Path) -> tuple[Fusion, list[Budget]]:
    """The same with the thresholds of every budget, one at least. Raises RetrievalError if the file can't be read."""
    try:
        content = json.loads(path.read_text("utf-8"))
        prior_shift = float(content["fusion"].pop("prior_shift"))
        weights = {name: tuple(found) for name, found in content["fusion"].items()}
        fusion = Fusion(**weights, prior_shift=prior_shift)
        budgets = [Budget(**budget) for budget in content["budgets"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RetrievalError(f"{path}: can't be read: {error!r}") from error
    if not budgets:
        raise RetrievalError(f"{path}: can't be read: no budget in it")
    return fusion, budgets


def _logistic(features: Array, weights: Sequence[float]) -> Array:
    return sigmoid(features @ np.array(weights[:-1]) + weights[-1])
