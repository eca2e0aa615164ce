"""Paired tests against numbers worked out by hand, and against how often they raise a false alarm."""

import numpy as np
import pytest
from scipy.stats import binom

from training.errors import TrainingError
from training.paired import bootstrap_difference, mcnemar, mean_difference


@pytest.mark.parametrize(
    ("only_first", "only_second", "p"),
    [(0, 0, 1.0), (1, 1, 1.0), (0, 5, 2 / 32), (5, 0, 2 / 32), (2, 8, 2 * binom.cdf(2, 10, 0.5))],
)
def test_mcnemar_is_the_exact_binomial_test(only_first: int, only_second: int, p: float) -> None:
    assert mcnemar(only_first, only_second) == pytest.approx(p)


def test_a_clear_gain_is_beyond_noise() -> None:
    found = mean_difference([0.0] * 60 + [1.0] * 40, [1.0] * 30 + [0.0] * 30 + [1.0] * 40)
    assert found.value == pytest.approx(0.3)
    assert 0.2 < found.low < 0.3 < found.high < 0.4
    assert found.is_beyond_noise


def test_equal_systems_seldom_differ_beyond_noise() -> None:
    rng = np.random.default_rng(0)
    found = [
        mean_difference(rng.random(200) < 0.8, rng.random(200) < 0.8, resamples=300).is_beyond_noise
        for _ in range(200)
    ]
    assert np.mean(found) < 0.1


def test_messages_of_one_dialogue_count_as_one_piece_of_evidence() -> None:
    gained = [0.0] * 45 + [1.0] * 15
    alone = mean_difference([0.0] * 60, gained)
    grouped = mean_difference([0.0] * 60, gained, groups=[str(i // 15) for i in range(60)])
    assert alone.is_beyond_noise
    assert not grouped.is_beyond_noise
    assert grouped.value == alone.value


def test_any_figure_can_be_bootstrapped() -> None:
    first, second = np.arange(50.0), np.arange(50.0) + 2
    found = bootstrap_difference(
        lambda chosen: float(np.median(second[chosen]) - np.median(first[chosen])), 50
    )
    assert (found.value, found.low, found.high) == (2, 2, 2)


@pytest.mark.parametrize(("first", "second"), [([], []), ([1.0], [1.0, 0.0])])
def test_nothing_to_compare_on_is_told(first: list[float], second: list[float]) -> None:
    with pytest.raises(TrainingError, match="wanted"):
        mean_difference(first, second)
