"""Which heads are fitted, and from which messages."""

import numpy as np
import pytest

from nlu.encoder import Encoded
from nlu.heads import tag_width
from training.dataset import LabelledText
from training.fast import (
    MIN_OUTSIDE_CLASS,
    fit,
    fit_tag_head,
    intent_labels,
    learnable,
    predict,
)
from training.features import Features
from training.turns import OUT_OF_SCOPE, EntityLabel

WIDTH = 6
SHOWN = ("cancel", "refund", "status")
LAMP = (EntityLabel(0, 4, "product"),)


def features(*rows: LabelledText) -> Features:
    """Rows with a vector that shows their intent, and two words."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(scale=0.2, size=(len(rows), WIDTH)).astype(np.float32)
    for vector, row in zip(vectors, rows, strict=True):
        if row.intent in SHOWN:
            vector[SHOWN.index(row.intent)] += 1
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    encoded = tuple(
        Encoded(row.text, v, np.stack([v, -v]), np.zeros(2, np.int64), ((0, 4), (5, 8)))
        for row, v in zip(rows, vectors, strict=True)
    )
    return Features(rows, vectors, encoded)


def many(n: int, intent: str | None, **more: object) -> list[LabelledText]:
    return [LabelledText(f"lamp {i}", f"{intent}-{i}", intent, **more) for i in range(n)]


@pytest.mark.parametrize(("n", "is_class"), [(MIN_OUTSIDE_CLASS - 1, False), (MIN_OUTSIDE_CLASS, True)])
def test_out_of_scope_is_a_class_where_it_has_examples_enough(n: int, is_class: bool) -> None:
    found = features(*many(3, "refund"), *many(3, "cancel"), *many(n, OUT_OF_SCOPE), *many(9, None))
    labels = intent_labels(found)
    assert labels == (("cancel", OUT_OF_SCOPE, "refund") if is_class else ("cancel", "refund"))
    assert len(learnable(found, labels).rows) == 6 + n * is_class


def test_entities_are_learned_from_messages_in_which_somebody_looked() -> None:
    found = features(*many(6, "a", entities=LAMP), *many(4, None, entities=()), *many(5, "b"))
    assert len(found.tagged()) == 10
    head = fit_tag_head(found)
    assert head is not None
    assert head.scores.labels == ("O", "B-product", "I-product")
    assert head.scores.width == tag_width(WIDTH)


@pytest.mark.parametrize("entities", [None, ()])
def test_without_an_entity_there_is_no_tag_head(entities: tuple[EntityLabel, ...] | None) -> None:
    assert fit_tag_head(features(*many(6, "a", entities=entities))) is None


def test_a_fitted_model_knows_what_it_learned() -> None:
    train = features(*many(12, "cancel"), *many(12, "refund"), *many(12, "status"))
    asked = features(*many(4, "cancel"), *many(4, "refund"), *many(4, "status"))
    model = fit(train)
    fused = predict(model, train, asked)
    best = [model.labels[i] for i in fused.probs.argmax(axis=1)]
    assert best == [row.intent for row in asked.rows]
    assert model.heads.tag is model.heads.sentiment is None


def test_features_are_cut_into_pieces() -> None:
    pieces = features(*many(2, "a"), *many(3, "b"), *many(1, "c")).cut(2, 0, 3)
    assert [[row.intent for row in piece.rows] for piece in pieces] == [["a"] * 2, [], ["b"] * 3, ["c"]]


def test_features_are_chosen_row_by_row() -> None:
    found = features(*many(2, "a"), *many(2, None), *many(2, "b"))
    chosen = found.only([5, 0])
    assert [row.intent for row in chosen.rows] == ["b", "a"]
    assert (chosen.vectors == found.vectors[[5, 0]]).all()
    assert chosen.encoded == (found.encoded[5], found.encoded[0])
    assert [row.intent for row in found.with_intent().rows] == ["a", "a", "b", "b"]
    assert found.only([]).rows == ()
