"""The fast training's search: tag heads on messages they weren't fitted on."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nlu.encoder import Encoded
from training.dataset import LabelledText
from training.errors import TrainingError
from training.features import Features
from training.hyperparameters import DEFAULTS
from training.study import Study
from training.tag_search import N_FOLDS, search_tags, span_f1_by_fold
from training.turns import EntityLabel

WIDTH = 8
LAMP = EntityLabel(4, 8, "product")


def features(n: int, *, gold: tuple[EntityLabel, ...] | None = (LAMP,)) -> Features:
    """Messages "the lamp" and "the door", whose states show which word is which; only lamps are products."""
    rng = np.random.default_rng(0)
    rows, encoded = [], []
    for i in range(n):
        is_lamp = i % 2 == 0
        states = rng.normal(scale=0.1, size=(2, WIDTH)).astype(np.float32)
        states[0, 0] += 1
        states[1, 1 if is_lamp else 2] += 1
        text = "the lamp" if is_lamp else "the door"
        rows.append(LabelledText(text, str(i), "ask", gold if is_lamp or gold is None else ()))
        encoded.append(Encoded(text, states[0], states, np.zeros(2, np.int64), ((0, 3), (4, 8))))
    return Features(tuple(rows), np.stack([one.vector for one in encoded]), tuple(encoded))


def test_a_head_that_learns_finds_what_it_has_not_seen() -> None:
    scores = list(span_f1_by_fold(features(40), DEFAULTS, seed=0))
    assert len(scores) == N_FOLDS
    assert scores[-1] == 1.0


def test_a_head_that_learns_nothing_finds_nothing() -> None:
    [*_, score] = span_f1_by_fold(features(40), replace(DEFAULTS, tag_rate=0.0), seed=0)
    assert score == 0.0


def test_messages_in_which_nobody_looked_do_not_count() -> None:
    known, unknown = features(20), features(20, gold=None)
    both = Features(
        (*known.rows, *unknown.rows),
        np.concatenate([known.vectors, unknown.vectors]),
        (*known.encoded, *unknown.encoded),
    )
    assert list(span_f1_by_fold(both, DEFAULTS, seed=0)) == list(span_f1_by_fold(known, DEFAULTS, seed=0))


def test_a_few_messages_fill_fewer_folds() -> None:
    assert len(list(span_f1_by_fold(features(2), DEFAULTS, seed=0))) == 2


def test_a_search_reports_each_fold(tmp_path: Path) -> None:
    shown: list[int] = []
    study = search_tags(
        Study("abc", "fast", "F1"), tmp_path / "study.json", features(24),
        n_trials=2, seed=0, progress=lambda _, done, total: shown.append(done),
    )  # fmt: skip
    assert len(study.trials[0].steps) == N_FOLDS
    assert study.trials[0].score == study.trials[0].steps[-1]
    assert shown == [0, 25, 50, 75, 100, 100, 125, 150, 175, 200]


@pytest.mark.parametrize("gold", [None, ()])
def test_without_an_entity_there_is_nothing_to_choose(
    gold: tuple[EntityLabel, ...] | None, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match=r"no message has an entity.*--speed full has more"):
        search_tags(
            Study("abc", "fast", "F1"), tmp_path / "study.json", features(4, gold=gold),
            n_trials=2, seed=0, progress=lambda *_: None,
        )  # fmt: skip
