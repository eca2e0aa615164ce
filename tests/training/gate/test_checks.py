"""The conditions of the gate on figures made for them."""

import numpy as np
import pytest

from training.gate import checks
from training.gate.checks import Reported, holm
from training.predictions import IntentPredictions
from training.turns import OUT_OF_SCOPE

LABELS = ("a", "b", "c")


def predictions(
    gold: list[str], said: list[str], *, confidence: float | list[float] = 0.9
) -> IntentPredictions:
    probs = np.array([[0.8 if label == one else 0.1 for label in LABELS] for one in said])
    sure = np.full(len(gold), confidence) if isinstance(confidence, float) else np.array(confidence)
    texts = tuple(f"text {i}" for i in range(len(gold)))
    return IntentPredictions(texts, tuple(gold), LABELS, probs, sure, np.ones(len(gold)))


GOLD = ["a", "b", "c", OUT_OF_SCOPE] * 25
RIGHT = predictions(GOLD, [one if one != OUT_OF_SCOPE else "a" for one in GOLD])


def spoiled(n: int, intent: str = "a") -> IntentPredictions:
    """With `n` messages of an intent wrong."""
    at = [i for i, one in enumerate(GOLD) if one == intent][:n]
    said = ["b" if i in at and intent != "b" else one for i, one in enumerate(GOLD)]
    return predictions(GOLD, [one if one != OUT_OF_SCOPE else "a" for one in said])


@pytest.mark.parametrize(("n", "has_passed"), [(0, True), (3, True), (5, True), (6, False), (20, False)])
def test_messages_lost_are_held_against_a_candidate_beyond_noise(n: int, has_passed: bool) -> None:
    """Of five lost and none gained the exact one-sided p is 1/32, of six 1/64."""
    found = checks.accuracy(RIGHT, spoiled(n))
    assert found.has_passed is has_passed
    assert f"{n} were lost, 0 gained" in found.reason


def test_messages_gained_are_never_held_against_it() -> None:
    assert checks.accuracy(spoiled(20), RIGHT).has_passed


def test_what_is_out_of_scope_counts_for_the_budget_alone() -> None:
    outside = [i for i, one in enumerate(GOLD) if one == OUT_OF_SCOPE]
    assert checks.accuracy(RIGHT, RIGHT).reason.startswith("100.0% before, 100.0% now of 75 messages")
    shy = [0.1 if i in outside else 0.9 for i in range(len(GOLD))]
    careful = predictions(GOLD, list(RIGHT.best), confidence=shy)
    assert checks.budget(careful, 0.5, 0.05).has_passed
    careless = checks.budget(RIGHT, 0.5, 0.05)
    assert not careless.has_passed
    assert careless.reason.startswith("25 of 100 answers wrong, 95 % interval 17.5% to 34.3%")


def test_an_intent_that_is_lost_is_named_though_the_whole_is_within_noise() -> None:
    found = checks.each_intent(RIGHT, spoiled(25))
    assert not found.has_passed
    assert "a (25 of its 25 messages right before, 0 now)" in found.reason
    assert "c (" not in found.reason


def test_a_small_intent_of_which_nothing_is_right_any_more_is_no_noise() -> None:
    gold = ["a"] * 90 + ["c"] * 3
    was = predictions(gold, gold)
    now = predictions(gold, ["a"] * 90 + ["b"] * 3)
    assert checks.accuracy(was, now).has_passed
    assert not checks.each_intent(was, now).has_passed


def test_many_intents_are_looked_at_together() -> None:
    assert holm({"a": 0.02, "b": 0.5}) == []
    assert holm({"a": 0.01, "b": 0.02}) == ["a", "b"]
    assert holm({"a": 0.001, **{f"x{i}": 0.5 for i in range(30)}}) == []
    assert holm({}) == []


def test_the_macro_f1_is_that_of_the_intents_that_occur() -> None:
    groups = [str(i) for i in range(len(GOLD))]
    found = checks.macro_f1(RIGHT, spoiled(25), groups)
    assert not found.has_passed
    # a is never right, b is taken for a's 25 messages too: F1 0, 2/3 and 1.
    assert found.reason.startswith("100.0% before, 55.6% now of 75 messages")
    assert checks.macro_f1(RIGHT, RIGHT, groups).has_passed


def test_fewer_right_answers_are_refused_unless_the_budget_was_broken() -> None:
    gold = ["a"] * 100
    was = predictions(gold, gold)
    silent = predictions(gold, gold, confidence=[0.1] * 40 + [0.9] * 60)
    assert not checks.useful(was, silent, (0.5, 0.5), 0.05).has_passed
    assert checks.useful(was, was, (0.5, 0.5), 0.05).has_passed
    over = predictions(gold, ["a"] * 60 + ["b"] * 40)
    careful = predictions(gold, ["a"] * 60 + ["b"] * 40, confidence=[0.1] * 30 + [0.9] * 30 + [0.1] * 40)
    found = checks.useful(over, careful, (0.5, 0.5), 0.05)
    assert found.has_passed
    assert "was over its budget" in found.reason


def test_confidences_far_from_the_truth_are_refused_but_chance_is_allowed_for() -> None:
    gold = ["a"] * 100
    half = predictions(gold, ["a", "b"] * 50, confidence=0.95)
    assert not checks.calibration(None, half, 0.05).has_passed
    few = predictions(["a"] * 10, ["a"] * 8 + ["b"] * 2, confidence=0.9)
    assert checks.calibration(None, few, 0.05).has_passed
    assert checks.calibration(half, half, 0.05).has_passed  # no worse than it was


def test_a_report_stands_in_for_messages_that_were_learned_from() -> None:
    reported = Reported(100, 95, {"a": (30, 29), "b": (30, 28), "z": (40, 38)})
    assert checks.reported_accuracy(reported, RIGHT).has_passed
    gold = ["a"] * 50 + ["b"] * 50
    worse = predictions(gold, ["a"] * 50 + ["c"] * 40 + ["b"] * 10)
    assert not checks.reported_accuracy(reported, worse).has_passed
    found = checks.each_reported_intent(reported, worse)
    assert not found.has_passed
    assert found.reason == "worse beyond noise: b (28 of 30 messages right before, 10 of 50 now)"
