"""Two systems on the same messages: whether they differ by more than noise."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from training.errors import TrainingError

Indices = NDArray[np.int_]

RESAMPLES = 2000
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of the second system minus that of the first, and the interval it lies in at LEVEL."""

    value: float
    low: float
    high: float

    @property
    def is_beyond_noise(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


def mcnemar(n_only_first_right: int, n_only_second_right: int) -> float:
    """The two-sided p that two systems are right equally often, from the messages that only one has right.

    Exact (McNemar 1947, by the binomial distribution); 1 where they never differ."""
    n = n_only_first_right + n_only_second_right
    return float(binomtest(n_only_first_right, n).pvalue) if n else 1.0


def exceeds(count: int, n: int, share: float) -> float:
    """The one-sided p that `count` of `n` or more come about where the share is that much: the exact binomial test."""
    return float(binomtest(count, n, share, alternative="greater").pvalue) if n else 1.0


def bootstrap_difference(
    difference: Callable[[Indices], float],
    n: int,
    *,
    groups: Sequence[str] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Difference:
    """The paired percentile bootstrap (Efron and Tibshirani 1993, chapter 13) of any figure's difference.

    `difference` is given the places (of n) of the messages to work it out on, the same for both systems. With
    `groups`, one name a message, whole groups are drawn: messages of one dialogue are no independent evidence.
    Raises TrainingError without messages."""
    if not n:
        raise TrainingError("met no messages, wanted at least one to compare on")
    whole = np.arange(n)
    members = _members(groups) if groups is not None else None
    rng = np.random.default_rng(seed)
    found = np.array([difference(_draw(rng, whole, members)) for _ in range(resamples)])
    low, high = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Difference(float(difference(whole)), float(low), float(high))


def mean_difference(
    first: Sequence[float] | NDArray[np.float64],
    second: Sequence[float] | NDArray[np.float64],
    *,
    groups: Sequence[str] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Difference:
    """The same for the mean of a value that each message has under both, such as 1 for right and 0 for wrong.

    Raises TrainingError for values that aren't paired."""
    if len(first) != len(second):
        raise TrainingError(f"met {len(first)} and {len(second)} values, wanted one pair a message")
    gained = np.asarray(second, float) - np.asarray(first, float)
    return bootstrap_difference(
        lambda chosen: float(gained[chosen].mean()),
        len(gained),
        groups=groups,
        resamples=resamples,
        seed=seed,
    )


def _members(groups: Sequence[str]) -> list[Indices]:
    found: dict[str, list[int]] = {}
    for place, group in enumerate(groups):
        found.setdefault(group, []).append(place)
    return [np.array(places) for places in found.values()]


def _draw(rng: np.random.Generator, whole: Indices, members: list[Indices] | None) -> Indices:
    if members is None:
        return rng.integers(len(whole), size=len(whole))
    return np.concatenate([members[i] for i in rng.integers(len(members), size=len(members))])
