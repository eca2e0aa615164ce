"""Groups get names, and typical examples."""

import re

import numpy as np

from retrieval.answer_files import NAME
from training.mining.naming import name_groups, typical

CANCEL = [
    "I want to cancel my order",
    "please cancel the order 48213",
    "cancel orders please",
    "how to cancel my order?",
]
REFUND = [
    "I want my money back",
    "when do I get the refund for the lamp",
    "refund please",
    "my refund hasn't arrived",
]
ADDRESS = ["change my delivery address", "I need to change the address", "can you change my address?"]


def test_a_name_is_what_the_texts_say_and_the_others_do_not() -> None:
    assert name_groups([CANCEL, REFUND, ADDRESS]) == ["cancel_order", "refund", "change_address"]


def test_names_are_such_as_answers_may_have() -> None:
    groups = [
        CANCEL,
        ["取消订单", "我想取消订单", "怎么取消订单"],
        ["12345"],
        ["Où est ma commande"],
        ["где мой заказ"],
        [],
    ]
    names = name_groups(groups)
    assert all(NAME.fullmatch(name) for name in names), names
    assert names[1] == "quxiao_dingdan"
    assert names[2] == "intent_3"


def test_groups_that_say_the_same_get_names_of_their_own() -> None:
    names = name_groups([CANCEL] * 30)
    assert len(set(names)) == 30


def test_values_are_in_no_name() -> None:
    names = name_groups([["order LW-48213 john@example.com"] * 5, ["refund A77 +44123456789"] * 5])
    assert not any(re.search(r"\d|john|example", name) for name in names)


def test_typical_examples_are_central_and_different() -> None:
    # The centre is the first axis; the first three say the same, the last is from the edge.
    said = [
        [0.8, 0.6, 0, 0],
        [0.8, 0.6, 0.01, 0],
        [0.8, 0.59, 0, 0],
        [0.7, 0, 0.7, 0],
        [0.7, 0, 0, -0.7],
        [0.1, 0, 0, 1],
    ]
    vectors = np.array(said) / np.linalg.norm(said, axis=1, keepdims=True)
    chosen = typical(vectors, np.array([1.0, 0, 0, 0]), count=3)
    assert chosen[0] in {0, 1, 2}
    assert set(chosen[1:]) == {3, 4}, "no more of the same, and nothing from the edge"


def test_no_more_typical_examples_than_there_are() -> None:
    assert sorted(typical(np.eye(3), np.ones(3), count=9)) == [0, 1, 2]
