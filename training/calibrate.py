"""Fusion weights, confidence and the budget's thresholds, from predictions on messages not trained on."""

from collections.abc import Sequence
from dataclasses import dataclass

import faiss
import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from torch.nn import functional

from nlu.heads import LinearHead
from retrieval.fusion import NEIGHBOURS, OUT_OF_SCOPE, Fused, Fusion, class_features, scope_features, softmax
from training.heads import fit_linear

Array = NDArray[np.float64]

STRENGTHS = (3.0, 10.0, 30.0)
N_FOLDS = 4
N_HELD_OUT_GROUPS = 4
ASSUMED_OUTSIDE_SHARE = 0.15  # of messages, where the dialogues label none as out of scope
MIN_OUTSIDE = 20  # labelled out-of-scope texts from which theirs is taken as the real share


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What classifier and memory said of n messages: see `retrieval.fusion.class_features` for the shapes.

    `gold` is the label of each; OUT_OF_SCOPE for those that are none of the intents."""

    class_probs: Array
    similarities: Array
    owners: NDArray[np.intp]
    gold: tuple[str, ...]

    def rows(self, chosen: NDArray[np.bool_]) -> "Evidence":
        gold = tuple(label for label, keep in zip(self.gold, chosen, strict=True) if keep)
        return Evidence(self.class_probs[chosen], self.similarities[chosen], self.owners[chosen], gold)


def gather(
    train_vectors: NDArray[np.float32],
    train_labels: Sequence[str],
    vectors: NDArray[np.float32],
    gold: Sequence[str],
    labels: Sequence[str],
    *,
    strength: float = 1.0,
    head: LinearHead | None = None,
) -> Evidence:
    """Evidence for messages from a head (fitted here unless given) and a memory made of other messages.

    `labels` names the columns; those absent from training get probability 0 and no neighbours."""
    head = head or fit_linear(train_vectors, train_labels, strength=strength)
    column = {label: i for i, label in enumerate(labels)}
    class_probs = np.zeros((len(vectors), len(labels)))
    class_probs[:, [column[label] for label in head.labels]] = head.probs(vectors)
    similarities, owners = search_all(train_vectors, [column[label] for label in train_labels], vectors)
    return Evidence(class_probs, similarities, owners, tuple(gold))


def search_all(
    known: NDArray[np.float32], owners: Sequence[int], vectors: NDArray[np.float32]
) -> tuple[Array, NDArray[np.intp]]:
    """The nearest examples of every vector: similarities (n, k) best first, and their intents (n, k)."""
    index = faiss.IndexFlatIP(known.shape[1])
    index.add(np.ascontiguousarray(known, np.float32))
    similarities, ids = index.search(np.ascontiguousarray(vectors, np.float32), min(NEIGHBOURS, len(known)))
    return similarities.astype(np.float64), np.asarray(owners)[ids]


def out_of_fold(
    vectors: NDArray[np.float32],
    gold: Sequence[str],
    labels: Sequence[str],
    fold_of: Sequence[int],
    *,
    strength: float,
) -> Evidence:
    """Evidence for every training message from a model that had not seen its fold."""
    folds = np.array(fold_of)
    names = np.array(gold)
    width = min(NEIGHBOURS, min(int((folds != f).sum()) for f in set(fold_of)))
    class_probs = np.zeros((len(names), len(labels)))
    similarities = np.zeros((len(names), width))
    owners = np.zeros((len(names), width), np.intp)
    for fold in sorted(set(fold_of)):
        inside, outside = folds == fold, folds != fold
        part = gather(
            vectors[outside],
            names[outside].tolist(),
            vectors[inside],
            names[inside].tolist(),
            labels,
            strength=strength,
        )
        class_probs[inside] = part.class_probs
        similarities[inside], owners[inside] = part.similarities[:, :width], part.owners[:, :width]
    return Evidence(class_probs, similarities, owners, tuple(gold))


def strangers(
    vectors: NDArray[np.float32],
    gold: Sequence[str],
    labels: Sequence[str],
    *,
    strength: float,
    seed: int = 0,
) -> Evidence | None:
    """Out-of-scope messages where none are labelled: intents are left out in turn and their messages met anew.

    They are nearer to the known ones than most real out-of-scope messages, so the fit errs on the safe side.
    None with fewer than four intents."""
    names = np.array(gold)
    intents = np.array(sorted(set(gold) - {OUT_OF_SCOPE}))
    if len(intents) < N_HELD_OUT_GROUPS:
        return None
    np.random.default_rng(seed).shuffle(intents)
    parts = []
    for group in np.array_split(intents, N_HELD_OUT_GROUPS):
        left_out = np.isin(names, group)
        part = gather(
            vectors[~left_out],
            names[~left_out].tolist(),
            vectors[left_out],
            [OUT_OF_SCOPE] * int(left_out.sum()),
            labels,
            strength=strength,
        )
        parts.append(part)
    return join(parts)


def join(parts: Sequence[Evidence]) -> Evidence:
    """One evidence of several, cut to the smallest number of neighbours."""
    k = min(part.similarities.shape[1] for part in parts)
    return Evidence(
        np.concatenate([part.class_probs for part in parts]),
        np.concatenate([part.similarities[:, :k] for part in parts]),
        np.concatenate([part.owners[:, :k] for part in parts]),
        tuple(label for part in parts for label in part.gold),
    )


def fit_weights(evidence: Evidence, labels: Sequence[str]) -> tuple[float, ...]:
    """Maximum-likelihood weights of the conditional logit, on messages whose label is among the columns."""
    known = np.array([label in labels for label in evidence.gold])
    part = evidence.rows(known)
    features = torch.from_numpy(class_features(part.class_probs, part.similarities, part.owners)).float()
    targets = torch.tensor([list(labels).index(label) for label in part.gold])
    # Starts at trusting both alike; the ridge pulls there where data are few.
    prior = torch.tensor([1.0, 0.5, 0.2, 0.2, 0.2])
    weights = prior.clone().requires_grad_()
    optimizer = torch.optim.LBFGS([weights], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = functional.cross_entropy(features @ weights, targets)
        value = value + (weights - prior).square().sum() / len(targets)
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return tuple(float(weight) for weight in weights.detach())


def negative_log_likelihood(evidence: Evidence, labels: Sequence[str], weights: Sequence[float]) -> float:
    """Mean over the messages whose label is among the columns."""
    part = evidence.rows(np.array([label in labels for label in evidence.gold]))
    probs = softmax(class_features(part.class_probs, part.similarities, part.owners) @ np.array(weights))
    right = [list(labels).index(label) for label in part.gold]
    return float(-np.log(probs[np.arange(len(right)), right] + 1e-12).mean())


def fit_scope(
    evidence: Evidence, labels: Sequence[str], weights: Sequence[float], sample_weight: Array
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Weights of `Fusion.confidence` and `Fusion.scope` (constants last)."""
    probs = softmax(
        class_features(evidence.class_probs, evidence.similarities, evidence.owners) @ np.array(weights)
    )
    outside = list(labels).index(OUT_OF_SCOPE) if OUT_OF_SCOPE in labels else None
    features = scope_features(probs, evidence.class_probs, evidence.similarities, outside)
    in_scope = np.array([label != OUT_OF_SCOPE for label in evidence.gold])
    right = in_scope & is_right(probs, labels, evidence.gold)
    return _fit_logistic(features, right, sample_weight), _fit_logistic(features, in_scope, sample_weight)


def is_right(probs: Array, labels: Sequence[str], gold: Sequence[str]) -> NDArray[np.bool_]:
    """Whether the best intent in scope is the gold one, for each row."""
    inside = probs.copy()
    if OUT_OF_SCOPE in labels:
        inside[:, list(labels).index(OUT_OF_SCOPE)] = -1
    return np.array([labels[best] == label for best, label in zip(inside.argmax(axis=1), gold, strict=True)])


def _fit_logistic(features: Array, target: NDArray[np.bool_], sample_weight: Array) -> tuple[float, ...]:
    if target.all() or not target.any():
        # Nothing to tell apart: a constant as sure as the number of messages allows.
        odds = np.log(len(target) + 1) * (1 if target.all() else -1)
        return (*([0.0] * features.shape[1]), float(odds))
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-6
    model = LogisticRegression(C=1.0, max_iter=1000).fit((features - mean) / spread, target, sample_weight)
    weights = model.coef_[0] / spread
    return (*(float(weight) for weight in weights), float(model.intercept_[0] - weights @ mean))


@dataclass(frozen=True, slots=True)
class Trial:
    """A strength of the head that was tried, and the mean negative log likelihood it reached by cross-validation."""

    strength: float
    loss: float


@dataclass(frozen=True, slots=True, eq=False)
class Calibrated:
    """The fitted fusion, the head's strength that went with it, and the messages the thresholds come from.

    `trials` are the strengths it was chosen among, () where there was no choice."""

    fusion: Fusion
    strength: float
    evidence: Evidence
    fused: Fused
    sample_weight: Array
    trials: tuple[Trial, ...] = ()


def calibrate(
    vectors: NDArray[np.float32],
    gold: Sequence[str],
    labels: Sequence[str],
    fold_of: Sequence[int],
    *,
    seed: int = 0,
    fixed: Evidence | None = None,
) -> Calibrated:
    """Choose the head's strength and fit the fusion by cross-validation on the training messages.

    `fixed` is evidence from a model that was validated on messages of its own (a fine-tuned one);
    then nothing is cross-validated but the scope."""
    if fixed is None:
        tried = [
            (out_of_fold(vectors, gold, labels, fold_of, strength=strength), strength)
            for strength in STRENGTHS
        ]
        fitted = [(evidence, strength, fit_weights(evidence, labels)) for evidence, strength in tried]
        trials = tuple(
            Trial(strength, negative_log_likelihood(evidence, labels, weights))
            for evidence, strength, weights in fitted
        )
        best = min(range(len(trials)), key=lambda i: trials[i].loss)
        evidence, strength, weights = fitted[best]
    else:
        trials = ()
        evidence, strength, weights = fixed, STRENGTHS[1], fit_weights(fixed, labels)
    sample_weight = np.ones(len(evidence.gold))
    n_outside = sum(label == OUT_OF_SCOPE for label in evidence.gold)
    if n_outside < MIN_OUTSIDE and (
        unknown := strangers(vectors, gold, labels, strength=strength, seed=seed)
    ):
        n_inside = len(evidence.gold)
        evidence = join([evidence, unknown])
        share = ASSUMED_OUTSIDE_SHARE / (1 - ASSUMED_OUTSIDE_SHARE) * n_inside / len(unknown.gold)
        sample_weight = np.concatenate([sample_weight, np.full(len(unknown.gold), share)])
    confidence, scope = fit_scope(evidence, labels, weights, sample_weight)
    fusion = Fusion(weights, confidence, scope)
    fused = fusion.fuse(evidence.class_probs, evidence.similarities, evidence.owners, labels)
    return Calibrated(fusion, strength, evidence, fused, sample_weight, trials)
