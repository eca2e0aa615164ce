"""Curves against scikit-learn's, and against numbers worked out by hand."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from training import curves

TRUTH = np.array([1, 0, 1, 1, 0, 0, 1, 0], bool)
SCORES = np.array([0.9, 0.8, 0.7, 0.6, 0.55, 0.4, 0.3, 0.1])


def many(n: int = 2000) -> tuple[curves.Flags, curves.Array]:
    rng = np.random.default_rng(1)
    truth = rng.random(n) < 0.2
    return truth, truth * 0.5 + rng.random(n)


def three_classes() -> tuple[curves.Flags, curves.Array]:
    rng = np.random.default_rng(2)
    gold = rng.integers(0, 3, 300)
    scores = rng.dirichlet(np.ones(3), 300) + 0.4 * np.eye(3)[gold]
    return gold[:, None] == np.arange(3), scores / scores.sum(axis=1, keepdims=True)


def test_roc_is_that_of_scikit_learn() -> None:
    curve = curves.roc(TRUTH, SCORES)
    false_rate, true_rate, _ = roc_curve(TRUTH, SCORES)
    assert curve is not None
    assert curve.points == tuple(zip(false_rate, true_rate, strict=True))
    assert curve.area == roc_auc_score(TRUTH, SCORES)


def test_precision_recall_is_that_of_scikit_learn_from_recall_0_up() -> None:
    curve = curves.precision_recall(TRUTH, SCORES)
    precision, recall, _ = precision_recall_curve(TRUTH, SCORES)
    assert curve is not None
    assert curve.points == tuple(zip(recall[::-1], precision[::-1], strict=True))
    assert curve.area == average_precision_score(TRUTH, SCORES)


@pytest.mark.parametrize("truth", [np.ones(8, bool), np.zeros(8, bool)])
def test_messages_all_alike_have_no_curve(truth: curves.Flags) -> None:
    assert curves.roc(truth, SCORES) is None
    assert curves.precision_recall(truth, SCORES) is None
    assert curves.macro_roc(truth[:, None], SCORES[:, None]) is None
    assert curves.macro_precision_recall(truth[:, None], SCORES[:, None]) is None


def test_macro_curves_have_the_mean_of_the_areas_and_run_along_it() -> None:
    truth, scores = three_classes()
    roc = curves.macro_roc(truth, scores)
    lines = curves.macro_precision_recall(truth, scores)
    assert roc is not None
    assert lines is not None
    assert roc.area == pytest.approx(roc_auc_score(truth, scores, average="macro"))
    assert lines.area == pytest.approx(average_precision_score(truth, scores, average="macro"))
    assert (roc.points[0], roc.points[-1]) == ((0.0, 0.0), (1.0, 1.0))
    assert np.trapezoid([y for _, y in roc.points], [x for x, _ in roc.points]) == pytest.approx(
        roc.area, abs=0.01
    )
    assert np.mean([y for _, y in lines.points]) == pytest.approx(lines.area, abs=0.01)


def test_a_class_nobody_meant_is_left_out_of_the_macro_curve() -> None:
    truth, scores = three_classes()
    padded = np.column_stack([truth, np.zeros(len(truth), bool)])
    assert curves.macro_roc(padded, np.column_stack([scores, scores[:, 0]])) == curves.macro_roc(
        truth, scores
    )


def test_a_long_curve_is_thinned_without_losing_its_shape() -> None:
    truth, scores = many()
    curve = curves.precision_recall(truth, scores)
    precision, recall, _ = precision_recall_curve(truth, scores)
    assert curve is not None
    assert len(curve.points) <= curves.CURVE_POINTS
    assert (curve.points[0], curve.points[-1]) == ((0.0, 1.0), (recall[0], precision[0]))
    exact = set(zip(recall.tolist(), precision.tolist(), strict=True))
    assert set(curve.points) <= exact
    # Half of all thresholds lie at a recall of 1 or near: by index, half of the points would.
    assert np.mean([recall > 0.99 for recall, _ in curve.points]) < 0.3


def test_error_is_counted_from_the_surest_message_down() -> None:
    confidence = np.array([0.6, 0.9, 0.8, 0.7])
    right = np.array([True, True, False, True])
    assert curves.risk_curve(confidence, right) == ((0.25, 0.0), (0.5, 0.5), (0.75, 1 / 3), (1.0, 0.25))


def test_bins_have_equally_many_messages_and_their_shares() -> None:
    confidence = np.repeat([0.2, 0.9], 10)
    right = np.array([True] * 2 + [False] * 8 + [True] * 6 + [False] * 4)
    low, high = curves.reliability_bins(confidence, right)
    assert (low.count, low.confidence, low.accuracy) == (10, pytest.approx(0.2), 0.2)
    assert (high.count, high.confidence, high.accuracy) == (10, pytest.approx(0.9), 0.6)
    assert high.low < high.accuracy < high.high
    assert curves.expected_calibration_error(confidence, right) == pytest.approx(0.15)


@pytest.mark.parametrize(("n", "n_bins"), [(1, 1), (19, 1), (20, 2), (1000, 15)])
def test_few_messages_make_few_bins(n: int, n_bins: int) -> None:
    bins = curves.reliability_bins(np.linspace(0, 1, n), np.arange(n) % 2 == 0)
    assert len(bins) == n_bins
    assert sum(one.count for one in bins) == n


def test_interval_is_wilsons() -> None:
    assert curves.interval(0, 10) == (0.0, pytest.approx(0.2775, abs=1e-4))
    assert curves.interval(5, 10) == (pytest.approx(0.2366, abs=1e-4), pytest.approx(0.7634, abs=1e-4))


def test_false_positives_are_counted_where_the_wanted_share_of_messages_in_scope_passes() -> None:
    inside = np.linspace(0.1, 1.0, 10)
    assert curves.fpr_at(inside, np.array([0.05, 0.3, 0.6, 0.95]), 1.0) == 0.75
    assert curves.fpr_at(inside, np.array([0.05, 0.3, 0.6, 0.95]), 0.5) == 0.5
