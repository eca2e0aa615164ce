"""A model of a few vectors meets messages it hasn't seen."""

from pathlib import Path

import numpy as np
import pytest

from nlu.encoder import Encoded
from nlu.rules import EntityRules
from retrieval.budget import Budget
from training.dataset import LabelledText
from training.export import Agreement
from training.fast import fit
from training.features import Features
from training.scoring import intent_predictions, nearest_examples, out_of_fold_predictions, score
from training.trained import Trained
from training.turns import OUT_OF_SCOPE

INTENTS = ("cancel", "delivery", "invoice", "refund", "return")
WIDTH = 8
BUDGET = Budget(0.05, 0.5, 0.2, 0.55)


def features(rows: list[LabelledText]) -> Features:
    """Each intent points its own way, what is out of scope between two of them."""
    rng = np.random.default_rng(len(rows))
    vectors = 0.2 * rng.normal(size=(len(rows), WIDTH))
    for vector, row in zip(vectors, rows, strict=True):
        if row.intent in INTENTS:
            vector[INTENTS.index(row.intent)] += 1
        elif row.intent:
            vector[WIDTH - 1] -= 1
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    words = np.zeros((1, WIDTH), np.float32)
    encoded = tuple(
        Encoded(row.text, vector, words, np.zeros(1, np.int64), ((0, len(row.text)),))
        for vector, row in zip(vectors, rows, strict=True)
    )
    return Features(tuple(rows), vectors, encoded)


def rows(n: int, *, group: str, outside: int = 0) -> list[LabelledText]:
    inside = [LabelledText(f"{intent} {i}", f"{group}-{i}", intent) for i in range(n) for intent in INTENTS]
    return [*inside, *(LabelledText(f"song {i}", f"{group}-song-{i}", OUT_OF_SCOPE) for i in range(outside))]


def trained(train: list[LabelledText], test: list[LabelledText]) -> Trained:
    known = features(train)
    model = fit(known)
    at = tuple(i for i, row in enumerate(train) if row.intent in model.labels)
    agreement = Agreement(0.0, 0.0, 0.0, 0.0, 0.0)
    return Trained("fast", model, known, features(test), {}, agreement, is_frozen=True, calibrated_at=at)


def test_messages_held_back_are_predicted_over_the_intents_in_scope() -> None:
    made = trained(rows(8, group="train", outside=24), rows(3, group="test", outside=4))
    predictions = intent_predictions(made, made.test)
    assert predictions.labels == INTENTS
    assert predictions.probs.sum(axis=1) == pytest.approx(1)
    assert predictions.right[predictions.in_scope].mean() > 0.9
    assert (
        predictions.confidence[predictions.in_scope].min()
        > predictions.confidence[~predictions.in_scope].max()
    )
    assert [one.intent for one in predictions.nearest[:5] if one] == list(INTENTS)


def test_cross_validation_judges_the_training_messages_and_no_invented_ones() -> None:
    train = [
        *rows(8, group="train"),
        LabelledText("k", "train-0"),
        LabelledText("song", "train-1", OUT_OF_SCOPE),
    ]
    made = trained(train, [])
    # Intents left out in turn stand in for out-of-scope messages when the model is calibrated.
    assert len(made.model.calibrated.evidence.gold) > 40
    predictions = out_of_fold_predictions(made)
    assert predictions.texts == tuple(row.text for row in train[:40])
    assert predictions.gold == tuple(row.intent for row in train[:40])
    assert predictions.right.mean() > 0.9


def test_without_messages_held_back_the_scores_are_those_of_cross_validation(tmp_path: Path) -> None:
    made = trained(rows(8, group="train"), [])
    scores = score(made, tmp_path, EntityRules(), BUDGET, budgets=[BUDGET], served="int8")
    assert not scores.is_held_out
    assert (scores.entity, scores.sentiment) == (None, None)
    assert scores.by_precision == {"int8": scores.intent.accuracy}
    assert scores.intent.n == 40
    assert scores.budgets[0].coverage == scores.intent.coverage


def test_the_nearest_example_is_of_another_dialogue() -> None:
    known = Features(
        (
            LabelledText("same", "1", "refund"),
            LabelledText("near", "2", "cancel"),
            LabelledText("far", "3", "return"),
        ),
        np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]], np.float32),
        (),
    )
    asked = Features((LabelledText("mine", "1", "refund"),), np.array([[1.0, 0.0]], np.float32), ())
    (found,) = nearest_examples(known, asked)
    assert found is not None
    assert (found.text, found.intent, found.similarity) == ("near", "cancel", pytest.approx(0.8))


def test_a_lone_dialogue_has_no_nearest_example() -> None:
    alone = Features((LabelledText("mine", "1", "refund"),), np.array([[1.0, 0.0]], np.float32), ())
    assert nearest_examples(alone, alone) == (None,)
