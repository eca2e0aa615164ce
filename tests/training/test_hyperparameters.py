"""The numbers a search may choose."""

from dataclasses import asdict
from typing import Any

import pytest

from training.errors import TrainingError
from training.hyperparameters import DEFAULTS, SEARCHED, Hyperparameters, as_hyperparameters


def test_the_defaults_lie_where_is_searched() -> None:
    for ranges in SEARCHED.values():
        for name, bounds in ranges.items():
            assert bounds.low <= getattr(DEFAULTS, name) <= bounds.high, name


def test_each_number_is_searched_by_some_training() -> None:
    assert {name for ranges in SEARCHED.values() for name in ranges} == set(asdict(DEFAULTS))


def test_what_a_manifest_says_is_read() -> None:
    chosen = Hyperparameters(encoder_rate_scale=4.0, contrast=0.0)
    assert as_hyperparameters(asdict(chosen), "manifest.json") == chosen
    assert as_hyperparameters({"contrast": 3}, "manifest.json") == Hyperparameters(contrast=3)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "m.json: has no hyperparameters; wanted some of tag_"),
        ({}, "m.json: has no hyperparameters"),
        ({"rate": 1.0}, "m.json: hyperparameter 'rate' is not among tag_"),
        ({"contrast": "much"}, "m.json: hyperparameter contrast is 'much', wanted a number from 0 up"),
        ({"contrast": -1}, "m.json: hyperparameter contrast is -1, wanted"),
        ({"contrast": True}, "m.json: hyperparameter contrast is True, wanted"),
        ({"contrast": float("nan")}, "m.json: hyperparameter contrast is nan, wanted"),
    ],
)
def test_what_is_none_is_refused(content: Any, reason: str) -> None:
    with pytest.raises(TrainingError) as met:
        as_hyperparameters(content, "m.json")
    assert str(met.value).startswith(reason)
