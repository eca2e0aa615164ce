"""The budget's thresholds, on the messages they were fitted on."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.thresholds import (
    CORRECTED,
    DEFAULT_PASSAGE_THRESHOLD,
    LEAST_PASSAGE_THRESHOLD,
    HeldOut,
    answer_threshold,
    clarify_threshold,
    fit_budgets,
    passage_threshold,
    upper_bound,
)

BUDGETS = (0.01, 0.02, 0.05, 0.1, 0.2)


@st.composite
def held_out(draw: Any) -> HeldOut:
    """Messages of any confidence, often alike, right about as often as their confidence says, or not at all."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    n = draw(st.integers(1, 300))
    confidence = 0.99 * rng.random(n) ** draw(st.sampled_from([0.2, 1.0, 3.0]))
    if draw(st.booleans()):
        confidence = np.minimum(confidence.round(1), 0.99)
    right = rng.random(n) < confidence + draw(st.sampled_from([-0.3, 0.0, 0.3]))
    weight = rng.choice([0.5, 1.0, 3.0], n) if draw(st.booleans()) else np.ones(n)
    return HeldOut(confidence, right, confidence, right | (rng.random(n) < 0.5), weight)


def wrong_share(messages: HeldOut, threshold: float) -> float:
    answered = messages.confidence >= threshold
    weight = messages.weight[answered]
    return float((weight * ~messages.is_right[answered]).sum() / weight.sum()) if answered.any() else 0.0


@settings(max_examples=300, deadline=None)
@given(held_out())
def test_the_measured_share_of_wrong_answers_stays_within_each_budget(messages: HeldOut) -> None:
    for budget in fit_budgets(messages, BUDGETS):
        assert wrong_share(messages, budget.answer_threshold) <= budget.max_wrong_answers + 1e-9


@settings(max_examples=300, deadline=None)
@given(held_out())
def test_a_larger_budget_never_answers_less(messages: HeldOut) -> None:
    budgets = fit_budgets(messages, BUDGETS)
    assert [budget.max_wrong_answers for budget in budgets] == list(BUDGETS)
    answers = [budget.answer_threshold for budget in budgets]
    assert answers == sorted(answers, reverse=True)
    guaranteed = [budget.is_guaranteed for budget in budgets]
    assert guaranteed == sorted(guaranteed)


def test_messages_of_one_confidence_are_answered_all_or_not_at_all() -> None:
    right = np.arange(200) < 100
    messages = HeldOut(np.full(200, 0.9), right, np.full(200, 0.9), right, np.ones(200))
    assert answer_threshold(messages, 0.1) == (CORRECTED, False)


def test_a_guarantee_takes_messages_enough() -> None:
    def all_right(n: int) -> HeldOut:
        confidence, right = np.linspace(0.5, 0.99, n), np.ones(n, bool)
        return HeldOut(confidence, right, confidence, right, np.ones(n))

    threshold, is_guaranteed = answer_threshold(all_right(20), 0.05)
    assert (threshold, is_guaranteed) == (0.5, False)
    threshold, is_guaranteed = answer_threshold(all_right(2000), 0.05)
    assert (threshold, is_guaranteed) == (0.5, True)


def test_a_guaranteed_budget_holds_on_new_messages_of_the_kind() -> None:
    rng = np.random.default_rng(0)

    def draw(n: int) -> HeldOut:
        confidence = rng.random(n)
        right = rng.random(n) < confidence
        return HeldOut(confidence, right, confidence, right, np.ones(n))

    fitted = [answer_threshold(draw(1000), 0.2) for _ in range(200)]
    assert all(is_guaranteed for _, is_guaranteed in fitted)
    new = draw(100_000)
    # The bound fails once in ten draws by design: 20 expected, more than 31 once in 200 times.
    assert sum(wrong_share(new, threshold) > 0.2 for threshold, _ in fitted) <= 31


@pytest.mark.parametrize(
    ("wrong", "n", "bound"), [(0, 10, 0.2057), (1, 10, 0.3368), (5, 100, 0.0908), (10, 10, 1.0)]
)
def test_the_upper_bound_is_clopper_and_pearsons(wrong: float, n: float, bound: float) -> None:
    assert upper_bound(wrong, n) == pytest.approx(bound, abs=5e-4)


def test_asking_back_pays_where_the_choices_help_as_often_as_not() -> None:
    confidence = np.array([0.9, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1])
    choice = np.array([0.1, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2])

    def threshold(helped: list[bool], answer_threshold: float = 0.7) -> float:
        among = np.array(helped)
        return clarify_threshold(HeldOut(confidence, among, choice, among, np.ones(7)), answer_threshold)

    # The first is answered, so that it doesn't matter what asking back would have been worth.
    assert threshold([True, True, True, True, False, True, False]) == 0.3
    assert threshold([False, True, True, True, False, True, False]) == 0.3
    assert threshold([True] * 7) == 0.2
    assert threshold([False] * 7) == 1.0
    assert threshold([True] * 7, answer_threshold=0.1) == 1.0


def test_many_hopeless_messages_do_not_keep_the_desk_from_asking_about_others() -> None:
    choice = np.concatenate([np.linspace(0.01, 0.1, 90), np.linspace(0.3, 0.6, 10)])
    helped = choice > 0.2
    assert clarify_threshold(HeldOut(choice, helped, choice, helped, np.ones(100)), 0.7) == 0.3


def test_passages_are_shown_where_hardly_another_message_reaches() -> None:
    assert passage_threshold(np.linspace(0.3, 0.8, 101), 0.1) == pytest.approx(0.75)
    assert passage_threshold(np.full(50, 0.1), 0.05) == LEAST_PASSAGE_THRESHOLD
    assert (
        passage_threshold(np.full(9, 0.9), 0.05) == passage_threshold(None, 0.05) == DEFAULT_PASSAGE_THRESHOLD
    )


def test_several_intents_are_answered_where_their_own_messages_allow_it() -> None:
    confidence = np.linspace(0.3, 0.99, 400)
    right = np.ones(400, bool)
    messages = HeldOut(confidence, right, confidence, right, np.ones(400))
    wrong_below = HeldOut(confidence, confidence > 0.6, confidence, right, np.ones(400))
    none = HeldOut(*(np.zeros(0),) * 5)
    assert [one.several_threshold for one in fit_budgets(messages, (0.05,))] == [1.0]
    assert [one.several_threshold for one in fit_budgets(messages, (0.05,), None, none)] == [1.0]
    small, large = fit_budgets(messages, (0.05, 0.2), None, wrong_below)
    assert 0.5 < large.several_threshold < small.several_threshold < 0.7
    assert small.answer_threshold == fit_budgets(messages, (0.05,))[0].answer_threshold
