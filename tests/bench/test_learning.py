"""What arrives when in the benchmarks of learning, and what is labelled."""

from collections import Counter

import numpy as np

from bench import learning, new_intents
from training.dataset import LabelledText
from training.features import Features

INTENTS = [f"intent {number}" for number in range(30)]


def features(each: int) -> Features:
    """So many messages of each intent, without vectors."""
    rows = tuple(
        LabelledText(f"{intent}: {number}", "g", intent) for intent in INTENTS for number in range(each)
    )
    return Features(rows, np.zeros((len(rows), 0), np.float32), ())


def test_a_desk_begins_with_five_of_each_and_nothing_arrives_twice() -> None:
    train = features(200)
    known, stream = learning.draw(train, seed=3)
    assert set(Counter(train.rows[row].intent for row in known).values()) == {5}
    assert [len(day) for day in stream] == [400] * 10
    arrived = [row for day in stream for row in day]
    assert len({*known, *arrived}) == len(known) + len(arrived)
    assert learning.draw(train, seed=3) == (known, stream)
    assert learning.draw(train, seed=4) != (known, stream)


def test_twenty_a_day_are_drawn_of_what_has_arrived() -> None:
    _, stream = learning.draw(features(200), seed=0)
    drawn = learning.random_labels(stream, np.random.default_rng(0))
    assert len(set(drawn)) == 200
    for day in range(10):
        arrived = {row for rows in stream[: day + 1] for row in rows}
        assert set(drawn[day * 20 : (day + 1) * 20]) <= arrived


def test_of_what_is_held_back_nothing_is_known_and_twenty_of_each_arrive() -> None:
    train, test = features(40), features(60)
    new, known, stream = new_intents.draw(train, test, 30, seed=1)
    assert len(new) == 10
    assert Counter(train.rows[row].intent for row in known) == dict.fromkeys(set(INTENTS) - set(new), 30)
    arrived = Counter(test.rows[row].intent for row in stream)
    assert {intent: arrived[intent] for intent in new} == dict.fromkeys(new, 20)
    assert sum(arrived.values()) == 1000 + 200
