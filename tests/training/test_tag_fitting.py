"""The tag head after a full training: fitted anew where that finds more."""

import math
from dataclasses import replace

import numpy as np
import pytest

from nlu.encoder import Encoded
from nlu.heads import Heads, LinearHead, TagHead
from training.dataset import LabelledText
from training.fast import fit_tag_head
from training.features import Features
from training.finishing import Judged
from training.tag_fitting import choose_tag_fitting, span_f1
from training.turns import EntityLabel

WIDTH = 6
LAMP = (EntityLabel(0, 4, "product"),)


def features(n: int, *, seed: int, entities: tuple[EntityLabel, ...] | None = LAMP) -> Features:
    """Rows of two words, of which the first is a product and looks like one."""
    rng = np.random.default_rng(seed)
    rows = tuple(LabelledText(f"lamp {i:03}", f"g{seed}-{i}", "buy", entities=entities) for i in range(n))
    states = rng.normal(scale=0.2, size=(n, 2, WIDTH)).astype(np.float32)
    states[:, 0, 0] += 1
    states[:, 1, 1] += 1
    encoded = tuple(
        Encoded(row.text, state[0], state, np.zeros(2, np.int64), ((0, 4), (5, 8)))
        for row, state in zip(rows, states, strict=True)
    )
    return Features(rows, states[:, 0], encoded)


@pytest.fixture
def tuned() -> Heads:
    """Heads of which that for tags finds everything."""
    nothing = LinearHead(("buy",), np.zeros((WIDTH, 1), np.float32), np.zeros(1, np.float32))
    return Heads(nothing, fit_tag_head(features(40, seed=0)))


def spoilt(heads: Heads) -> Heads:
    """As if the average had moved the encoder away from the head."""
    tag = heads.tag
    assert tag is not None
    scores = replace(tag.scores, weight=np.zeros_like(tag.scores.weight))
    return replace(heads, tag=TagHead(scores, tag.transitions, tag.start))


def test_a_head_that_no_longer_fits_the_encoder_is_fitted_anew(tuned: Heads) -> None:
    taught, valid = features(40, seed=1), features(20, seed=2)
    way, found = choose_tag_fitting(spoilt(tuned), taught, valid)
    assert way is not None
    assert found == 1.0
    assert span_f1(replace(tuned, tag=fit_tag_head(taught, hyperparameters=way)), valid) == found


def test_a_head_that_finds_as_much_stays(tuned: Heads) -> None:
    assert choose_tag_fitting(tuned, features(40, seed=1), features(20, seed=2)) == (None, 1.0)


@pytest.mark.parametrize("entities", [None, ()])
def test_without_entities_to_judge_by_the_tuned_head_stays(
    tuned: Heads, entities: tuple[EntityLabel, ...] | None
) -> None:
    way, found = choose_tag_fitting(
        spoilt(tuned), features(40, seed=1), features(20, seed=2, entities=entities)
    )
    assert way is None
    assert math.isnan(found)


def test_trainings_are_judged_by_intents_and_entities_alike() -> None:
    assert Judged(0.9, math.nan).score == pytest.approx(0.9)
    assert Judged(0.9, 0.7).score == pytest.approx(0.8)
    assert str(Judged(0.9, math.nan)) == "intents 90.0%"
    assert str(Judged(0.9, 0.75)) == "intents 90.0%, entities F1 75.0%"
