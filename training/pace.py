"""How long a fine-tuning takes on this machine, told before its first step."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

FORWARD_SHARE = 1 / 3  # of a training step: the way back has two products for each one of the way forth
TIMED = (0.0, 0.5, 1.0)  # which batches are timed: quantiles of their sizes

Batch = list[int]  # positions of rows


@dataclass(frozen=True, slots=True)
class Pace:
    """The `seconds` of training steps by the `tokens` of their batches, ascending, padding included."""

    tokens: tuple[int, ...]
    seconds: tuple[float, ...]

    def of_steps(self, tokens: Sequence[int]) -> float:
        """Seconds of steps with batches of so many tokens, on straight lines between those that were timed."""
        return float(np.interp(tokens, self.tokens, self.seconds).sum())

    def of_evaluation(self, tokens: int) -> float:
        """Seconds of an evaluation on so many tokens."""
        return FORWARD_SHARE * tokens * self.seconds[-1] / self.tokens[-1]


def batches_of(order: Sequence[int], batch: int) -> list[Batch]:
    """An epoch's order of rows in batches."""
    return [list(order[start : start + batch]) for start in range(0, len(order), batch)]


def n_tokens(batch: Batch, lengths: Sequence[int]) -> int:
    """Tokens of a batch with its padding; `lengths` are those of the rows."""
    return len(batch) * max(lengths[position] for position in batch)


def time_steps(
    step: Callable[[Batch], None],
    batches: Sequence[Batch],
    lengths: Sequence[int],
    *,
    clock: Callable[[], float] = time.perf_counter,
) -> Pace:
    """Time the step of the smallest of the batches, of the middle one and of the largest.

    The first step of a process is slower than all others, so one goes before."""
    by_size = sorted(batches, key=lambda batch: n_tokens(batch, lengths))
    chosen = [by_size[round(quantile * (len(by_size) - 1))] for quantile in TIMED]
    step(chosen[0])
    seconds = []
    for batch in chosen:
        start = clock()
        step(batch)
        seconds.append(clock() - start)
    return Pace(tuple(n_tokens(batch, lengths) for batch in chosen), tuple(seconds))


def in_words(seconds: float) -> str:
    """A time to wait, as roughly as it is known: "40 seconds", "25 minutes", "3 hours"."""
    if seconds < 90:
        return f"{max(10, round(seconds, -1)):.0f} seconds"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"
