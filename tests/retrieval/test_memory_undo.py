"""A correction that is undone leaves the memory as if it had never been given."""

from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.memory import Example, Memory

TEXTS = ("where is it", "cancel it", "money back")
INTENTS = ("order_status", "cancel_order", "refund_request")
VECTORS = np.eye(3, dtype=np.float32)


def memory() -> Memory:
    return Memory([Example(text, intent) for text, intent in zip(TEXTS, INTENTS, strict=True)], VECTORS)


def found(known: Memory) -> list[list[tuple[str, str]]]:
    return [
        sorted((e.text, e.intent) for e, similarity in known.search(vector, 9) if similarity > 0.5)
        for vector in VECTORS
    ]


corrections = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(INTENTS)), min_size=1, max_size=5)


@settings(deadline=None)
@given(corrections, st.randoms())
def test_undoing_every_correction_in_any_order_brings_back_what_was_known(
    given_: list[tuple[int, str]], shuffled: Random
) -> None:
    known = memory()
    for number, (at, intent) in enumerate(given_, 1):
        known.learn(Example(TEXTS[at], intent, number), VECTORS[at])
    order = list(range(1, len(given_) + 1))
    shuffled.shuffle(order)
    for number in order:
        assert known.unlearn(number)
        assert not known.unlearn(number)
    assert found(known) == found(memory())
    assert sorted(known.intents) == sorted(INTENTS)
    np.testing.assert_allclose(
        known.word_scores("cancel it", INTENTS), memory().word_scores("cancel it", INTENTS)
    )


def test_a_correction_stands_above_what_it_corrects() -> None:
    known = memory()
    known.learn(Example("Where is it", "refund_request", 1), VECTORS[0])
    assert found(known)[0] == [("Where is it", "refund_request")]
