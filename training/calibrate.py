"""Fusion weights, confidence and the budget's thresholds, from predictions on messages not trained on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression
from torch.nn import functional

from retrieval.fusion import OUT_OF_SCOPE, Fused, Fusion, class_features, scope_features, softmax
from training.evidence import NO_NAMES, LabelledEvidence, Messages, join, out_of_fold, strangers
from training.names import Names

Array = NDArray[np.float64]

STRENGTHS = (3.0, 10.0, 30.0)
MAX_SHIFT = 5.0  # of log odds
N_FOLDS = 4
FEW_MESSAGES = 2000  # of so few, one in ten is missed less than one in four, and the time isn't missed at all
N_FOLDS_OF_FEW = 10
# Of messages, where the dialogues label fewer as out of scope. Intents left out, which stand in for them where none are
# labelled, are nearer to the known ones than what customers send: scope and thresholds are careful enough for as many,
# but confidences fitted so say less than is true. On messages of BANKING77 and CLINC150 held back from training, among
# them real out-of-scope ones, the calibration error is .043 to .081, and with the likely share .031 to .035.
FEARED_OUTSIDE_SHARE = 0.15
LIKELY_STRANGER_SHARE = 0.05
OFF_TOPIC_SHARE = 0.05  # of messages, what every desk gets and no desk is for
MIN_OUTSIDE = 20  # labelled out-of-scope texts from which there is no need to make some up


def n_folds(n_messages: int) -> int:
    """How many parts to cross-validate in."""
    return N_FOLDS if n_messages > FEW_MESSAGES else N_FOLDS_OF_FEW


def fit_weights(evidence: LabelledEvidence, labels: Sequence[str]) -> tuple[float, ...]:
    """Maximum-likelihood weights of the conditional logit, on messages whose label is among the columns."""
    known = np.array([label in labels for label in evidence.gold])
    part = evidence.only(known)
    features = torch.from_numpy(class_features(part)).float()
    targets = torch.tensor([list(labels).index(label) for label in part.gold])
    # Starts at trusting both alike; the ridge pulls there where data are few.
    prior = torch.tensor([1.0, 0.5, 0.2, 0.2, 0.2, 0.1])
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


def negative_log_likelihood(
    evidence: LabelledEvidence, labels: Sequence[str], weights: Sequence[float]
) -> float:
    """Mean over the messages whose label is among the columns."""
    part = evidence.only(np.array([label in labels for label in evidence.gold]))
    probs = softmax(class_features(part) @ np.array(weights))
    right = [list(labels).index(label) for label in part.gold]
    return float(-np.log(probs[np.arange(len(right)), right] + 1e-12).mean())


def fit_scope(
    evidence: LabelledEvidence, labels: Sequence[str], weights: Sequence[float], likely: Array, feared: Array
) -> tuple[tuple[float, ...], tuple[float, ...], float]:
    """Weights of `Fusion.confidence` and `Fusion.scope` (constants last), and the shift of the former's prior.

    Both are fitted on messages weighted by (n,) how often their like are feared to come; the confidence is then moved
    to where it is right for as many as are likely (Saerens et al. 2002), which leaves the messages in their order."""
    probs = softmax(class_features(evidence) @ np.array(weights))
    outside = list(labels).index(OUT_OF_SCOPE) if OUT_OF_SCOPE in labels else None
    features = scope_features(probs, evidence, outside)
    in_scope = np.array([label != OUT_OF_SCOPE for label in evidence.gold])
    right = in_scope & is_right(probs, labels, evidence.gold)
    *of_features, constant = _fit_logistic(features, right, feared)
    shift = prior_shift(features @ np.array(of_features) + constant, right, likely)
    return (*of_features, constant + shift), _fit_logistic(features, in_scope, feared), shift


def prior_shift(log_odds: Array, right: NDArray[np.bool_], weight: Array) -> float:
    """What to add to log odds (n,) so that they are likeliest for messages weighted so; 0 where nothing tells."""
    if right.all() or not right.any():
        return 0.0

    def loss(shift: float) -> float:
        signed = np.where(right, 1, -1) * (log_odds + shift)
        return float(weight @ np.logaddexp(0, -signed))

    return float(minimize_scalar(loss, bounds=(-MAX_SHIFT, MAX_SHIFT), method="bounded").x)


def is_right(
    probs: Array, labels: Sequence[str], gold: Sequence[str], *, among: int = 1
) -> NDArray[np.bool_]:
    """Whether the gold intent is the best in scope, or one of the best few, for each row."""
    inside = probs.copy()
    if OUT_OF_SCOPE in labels:
        inside[:, list(labels).index(OUT_OF_SCOPE)] = -1
    best = np.argsort(-inside, axis=1, kind="stable")[:, :among]
    return np.array([label in [labels[i] for i in row] for row, label in zip(best, gold, strict=True)])


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
    """A strength of the head that was tried, whether it learned from the intents' names too, and the mean negative
    log likelihood it reached by cross-validation."""

    strength: float
    has_names: bool
    loss: float


@dataclass(frozen=True, slots=True, eq=False)
class Calibrated:
    """The fitted fusion, the head's strength and names that went with it, and the messages the thresholds come from,
    weighted (`sample_weight`) by how often their like are feared to come.

    `trials` is what they were chosen among, () where there was no choice."""

    fusion: Fusion
    strength: float
    names: Names
    evidence: LabelledEvidence
    fused: Fused
    sample_weight: Array
    trials: tuple[Trial, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Tried:
    trial: Trial
    evidence: LabelledEvidence
    weights: tuple[float, ...]


def _try(
    messages: Messages,
    labels: Sequence[str],
    fold_of: Sequence[int],
    names: Names,
    strengths: Sequence[float],
) -> list[_Tried]:
    found = out_of_fold(messages, labels, fold_of, strengths=strengths, names=names)
    tried = []
    for strength, evidence in zip(strengths, found, strict=True):
        weights = fit_weights(evidence, labels)
        loss = negative_log_likelihood(evidence, labels, weights)
        tried.append(_Tried(Trial(strength, bool(names), loss), evidence, weights))
    return tried


def _weights(own: Sequence[str], n_off_topic: int, n_strangers: int, stranger_share: float) -> Array:
    """Messages count alike, but for out-of-scope ones that are rarer than feared, and for those that stand in for them
    or are off topic, which have shares of their own."""
    n_outside = sum(label == OUT_OF_SCOPE for label in own)
    n_inside = len(own) - n_outside
    outside = max(1.0, _weight_for(FEARED_OUTSIDE_SHARE, n_inside, n_outside))
    of_own = np.array([outside if label == OUT_OF_SCOPE else 1.0 for label in own])
    off_topic = np.full(n_off_topic, _weight_for(OFF_TOPIC_SHARE, n_inside, n_off_topic))
    strangers = np.full(n_strangers, _weight_for(stranger_share, n_inside, n_strangers))
    return np.concatenate([of_own, off_topic, strangers])


def _weight_for(share: float, n_inside: int, n: int) -> float:
    """The weight of each of n messages that are to be a share of all beside those in scope."""
    return share / (1 - share) * n_inside / max(1, n)


def calibrate(
    messages: Messages,
    labels: Sequence[str],
    fold_of: Sequence[int],
    *,
    names: Names = NO_NAMES,
    n_off_topic: int = 0,
    seed: int = 0,
    fixed: LabelledEvidence | None = None,
) -> Calibrated:
    """Choose the head's strength and fit the fusion by cross-validation on the training messages.

    The last `n_off_topic` of them (with `fixed`, of its messages) are no customers' but ship with kefu.
    Names that don't help there, being mere codes, are not used. `fixed` is evidence from a model that was validated on messages of its own (a fine-tuned one);
    then nothing is cross-validated but the scope."""
    if fixed is None:
        tried = _try(messages, labels, fold_of, names, STRENGTHS)
        best = min(tried, key=lambda one: one.trial.loss)
        if names:
            tried += _try(messages, labels, fold_of, NO_NAMES, (best.trial.strength,))
            best = min(tried, key=lambda one: one.trial.loss)
        trials = tuple(one.trial for one in tried)
        evidence, strength, weights = best.evidence, best.trial.strength, best.weights
        names = names if best.trial.has_names else NO_NAMES
    else:
        trials = ()
        evidence, strength, weights = fixed, STRENGTHS[1], fit_weights(fixed, labels)
    own = evidence.gold[: len(evidence.gold) - n_off_topic]
    n_outside = sum(label == OUT_OF_SCOPE for label in own)
    n_strangers = 0
    if n_outside < MIN_OUTSIDE and (
        unknown := strangers(messages, labels, strength=strength, names=names, seed=seed)
    ):
        evidence = join([evidence, unknown])
        n_strangers = len(unknown.gold)
    likely, feared = (
        _weights(own, n_off_topic, n_strangers, share)
        for share in (LIKELY_STRANGER_SHARE, FEARED_OUTSIDE_SHARE)
    )
    confidence, scope, shift = fit_scope(evidence, labels, weights, likely, feared)
    fusion = Fusion(weights, confidence, scope, shift)
    fused = fusion.fuse(evidence, labels)
    return Calibrated(fusion, strength, names, evidence, fused, feared, trials)
