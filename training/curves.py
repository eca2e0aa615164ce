"""Curves of the report: ROC, precision and recall, reliability, error against coverage."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Points = tuple[tuple[float, float], ...]

N_BINS = 15
LEAST_IN_BIN = 10  # of fewer, chance alone would look like miscalibration
CURVE_POINTS = 100


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through `points` and the area under it: AUC, or average precision."""

    points: Points
    area: float


@dataclass(frozen=True, slots=True)
class Bin:
    """Messages of like confidence: the mean of it, how many of them were right, and the 95 % interval of that share."""

    confidence: float
    accuracy: float
    count: int
    low: float
    high: float


def roc(truth: Flags, scores: Array) -> Curve | None:
    """(false positive rate, true positive rate) as the threshold falls; None where all are alike."""
    if truth.all() or not truth.any():
        return None
    false_rate, true_rate, _ = roc_curve(truth, scores)
    return Curve(thin(false_rate, true_rate), float(roc_auc_score(truth, scores)))


def precision_recall(truth: Flags, scores: Array) -> Curve | None:
    """(recall, precision) as the threshold falls, with the average precision; None where all are alike."""
    if truth.all() or not truth.any():
        return None
    precision, recall, _ = precision_recall_curve(truth, scores)
    return Curve(thin(recall[::-1], precision[::-1]), float(average_precision_score(truth, scores)))


def macro_roc(truth: Flags, scores: Array) -> Curve | None:
    """The mean of the columns' ROC curves: (n, labels) both; columns that are all alike are left out."""

    def rates(column: int, grid: Array) -> Array:
        false_rate, true_rate, _ = roc_curve(truth[:, column], scores[:, column])
        found: Array = np.interp(grid, false_rate, true_rate)
        return found

    mean = _mean_curve(truth, scores, rates, roc_auc_score)
    return mean and Curve(((0.0, 0.0), *mean.points), mean.area)


def macro_precision_recall(truth: Flags, scores: Array) -> Curve | None:
    """The mean of the columns' precision at each recall, stepwise as in average precision."""

    def precisions(column: int, grid: Array) -> Array:
        precision, recall, _ = precision_recall_curve(truth[:, column], scores[:, column])
        reached: Array = precision[::-1][np.searchsorted(recall[::-1], grid)]
        return reached

    return _mean_curve(truth, scores, precisions, average_precision_score)


def _mean_curve(
    truth: Flags,
    scores: Array,
    heights: Callable[[int, Array], Array],
    area: Callable[[Flags, Array], float],
) -> Curve | None:
    columns = np.flatnonzero(truth.any(axis=0) & ~truth.all(axis=0)).tolist()
    if not columns:
        return None
    grid = np.linspace(0, 1, CURVE_POINTS + 1)
    mean = np.mean([heights(column, grid) for column in columns], axis=0)
    areas = [area(truth[:, column], scores[:, column]) for column in columns]
    return Curve(tuple((float(x), float(y)) for x, y in zip(grid, mean, strict=True)), float(np.mean(areas)))


def thin(x: Array, y: Array) -> Points:
    """At most CURVE_POINTS points of a line, evenly along its length, its ends among them.

    Evenly by index they would crowd where many thresholds change nothing."""
    length = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    chosen = np.unique(np.searchsorted(length, np.linspace(0, length[-1], CURVE_POINTS - 1)))
    return tuple((float(x[i]), float(y[i])) for i in np.union1d(chosen, [len(x) - 1]))


def reliability_bins(confidence: Array, right: Flags) -> tuple[Bin, ...]:
    """Up to N_BINS bins with equally many messages, by confidence."""
    return tuple(_bin(confidence[part], right[part]) for part in _equal_mass(confidence))


def _equal_mass(confidence: Array) -> list[NDArray[np.intp]]:
    """The places of the messages in each bin."""
    n_bins = min(N_BINS, max(1, len(confidence) // LEAST_IN_BIN))
    return np.array_split(np.argsort(confidence, kind="stable"), n_bins)


def _bin(confidence: Array, right: Flags) -> Bin:
    low, high = interval(int(right.sum()), len(right))
    return Bin(float(confidence.mean()), float(right.mean()), len(right), low, high)


def interval(count: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927)."""
    found = binomtest(count, n).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


def expected_calibration_error(confidence: Array, right: Flags) -> float:
    """Mean distance of confidence and accuracy over bins of equal mass (Naeini et al. 2015)."""
    parts = _equal_mass(confidence)
    off = (len(part) * abs(confidence[part].mean() - right[part].mean()) for part in parts)
    return float(sum(off) / len(right))


def risk_curve(confidence: Array, right: Flags) -> Points:
    """(share of messages answered, share of those answered wrongly) as the threshold falls."""
    order = np.argsort(-confidence, kind="stable")
    errors = np.cumsum(~right[order]) / np.arange(1, len(order) + 1)
    chosen = np.unique(np.linspace(0, len(order) - 1, CURVE_POINTS).astype(int))
    return tuple((float((i + 1) / len(order)), float(errors[i])) for i in chosen)


def fpr_at(inside: Array, outside: Array, recall: float) -> float:
    """Share of out-of-scope messages taken as in scope when `recall` of those in scope are."""
    return float((outside >= np.quantile(inside, 1 - recall)).mean())
