"""Which clusters of unanswered messages are proposed as new intents."""

import numpy as np

from bot.review.proposing import LEAST_SIZE, Novelty, novel, undismissed

AXES = np.eye(8, dtype=np.float32)


def near(axis: int, n: int, spread: float = 0.2) -> list[np.ndarray]:
    """Vectors around an axis."""
    random = np.random.default_rng(axis)
    found = [AXES[axis] + spread * random.normal(size=8).astype(np.float32) for _ in range(n)]
    return [vector / np.linalg.norm(vector) for vector in found]


def test_what_lies_nearer_to_each_other_than_to_anything_known_is_new() -> None:
    vectors = dict(enumerate([*near(0, 5), *near(1, 6), *near(2, LEAST_SIZE - 1)]))
    known = {number: 0.3 if number < 5 else 0.99 for number in vectors}
    known |= {11 + place: 0.1 for place in range(LEAST_SIZE - 1)}
    clusters = [range(5, 11), range(5), range(11, len(vectors))]
    assert [one.members for one in novel(clusters, vectors, known)] == [(0, 1, 2, 3, 4)]


def test_messages_that_were_not_read_yet_count_for_nothing() -> None:
    vectors = dict(enumerate(near(0, 5)))
    known = dict.fromkeys(vectors, 0.1)
    assert novel([[0, 1, 7, 8]], vectors, known) == []
    assert [one.members for one in novel([[0, 1, 2, 3, 9]], vectors, known)] == [(0, 1, 2, 3)]


def test_what_was_dismissed_stays_away_until_it_has_doubled() -> None:
    before = frozenset(range(5))
    same, more, twice, other = (
        Novelty(members, 0.1)
        for members in (tuple(range(1, 6)), tuple(range(9)), tuple(range(10)), (20, 21, 22, 23))
    )
    assert undismissed([same, more, twice, other], [before]) == [twice, other]
    assert undismissed([same], []) == [same]
