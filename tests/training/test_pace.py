"""How long a fine-tuning will take, from a few steps that are timed by a clock of ours."""

import pytest

from training.pace import Batch, Pace, batches_of, in_words, n_tokens, time_steps


def test_the_last_batch_may_be_smaller() -> None:
    assert batches_of([4, 2, 0, 1, 3], 2) == [[4, 2], [0, 1], [3]]


def test_padding_counts() -> None:
    assert n_tokens([0, 2], [3, 99, 10]) == 20


class Machine:
    """Needs two seconds a step and one a token, and ten more for its first step."""

    def __init__(self, lengths: list[int]) -> None:
        self.lengths = lengths
        self.now = 0.0
        self.steps: list[Batch] = []

    def step(self, batch: Batch) -> None:
        self.now += 2 + n_tokens(batch, self.lengths) + 10 * (not self.steps)
        self.steps.append(batch)

    def clock(self) -> float:
        return self.now


def test_the_smallest_the_middle_and_the_largest_batch_are_timed_after_one_to_warm_up() -> None:
    machine = Machine([5, 1, 9, 3, 7])
    pace = time_steps(machine.step, [[i] for i in range(5)], machine.lengths, clock=machine.clock)
    assert machine.steps == [[1], [1], [0], [2]]
    assert pace == Pace((1, 5, 9), (3.0, 7.0, 11.0))


def test_what_was_not_timed_lies_between() -> None:
    machine = Machine([5, 1, 9, 3, 7])
    batches = [[i] for i in range(5)]
    pace = time_steps(machine.step, batches, machine.lengths, clock=machine.clock)
    assert pace.of_steps([n_tokens(batch, machine.lengths) for batch in batches]) == pytest.approx(2 * 5 + 25)


def test_a_single_batch_is_enough() -> None:
    machine = Machine([4, 4])
    pace = time_steps(machine.step, [[0, 1]], machine.lengths, clock=machine.clock)
    assert pace.of_steps([8, 8]) == pytest.approx(20)


def test_an_evaluation_has_no_way_back() -> None:
    assert Pace((10, 100), (2.0, 6.0)).of_evaluation(400) == pytest.approx(8)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "10 seconds"),
        (44, "40 seconds"),
        (100, "2 minutes"),
        (1500, "25 minutes"),
        (6000, "1.7 hours"),
    ],
)
def test_a_time_is_said_as_roughly_as_it_is_known(seconds: float, said: str) -> None:
    assert in_words(seconds) == said
