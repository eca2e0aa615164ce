"""Intents' names as words, and as examples."""

import numpy as np
import pytest

from training.heads import fit_linear
from training.names import Names, name_rows, spoken
from training.turns import OUT_OF_SCOPE


@pytest.mark.parametrize(
    ("label", "wanted"),
    [
        ("refund_status", "refund status"),
        ("BookRestaurant", "book restaurant"),
        ("100_NIGHT_TRIAL_OFFER", "100 night trial offer"),
        ("reverted_card_payment?", "reverted card payment"),
        ("orders/cancel-order", "orders cancel order"),
        ("退款_进度", "退款 进度"),
        ("??", ""),
    ],
)
def test_labels_are_read_out(label: str, wanted: str) -> None:
    assert spoken(label) == wanted


def test_what_has_no_name_in_words_is_left_out() -> None:
    assert [row.intent for row in name_rows(("cancel", OUT_OF_SCOPE, "__"))] == ["cancel"]


def test_a_name_is_one_more_example_of_its_intent_and_of_no_other() -> None:
    vectors = np.eye(3, dtype=np.float32)
    names = Names({"a": vectors[2], "c": vectors[0]})
    head = names.fit(vectors[:2], ["a", "b"], strength=10.0)
    same = fit_linear(vectors[[0, 1, 2]], ["a", "b", "a"], strength=10.0)
    assert head.labels == ("a", "b")
    assert head.weight == pytest.approx(same.weight)


def test_without_names_the_head_is_the_plain_one() -> None:
    vectors = np.eye(2, dtype=np.float32)
    assert not Names()
    plain = fit_linear(vectors, ["a", "b"], strength=10.0)
    assert Names().fit(vectors, ["a", "b"], strength=10.0).weight == pytest.approx(plain.weight)
