"""New intents, noticed by themselves: unanswered messages that are nearer to each other than to anything known."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

# Chosen on BANKING77 (bench/new_intents.py), ten intents held back three times: 27 of 30 were noticed within 15 messages.
LEAST_SIZE = 3  # messages
LEAST_STRENGTH = 0.1
GROWN = 2.0  # times as many messages as when it was dismissed


@dataclass(frozen=True, slots=True)
class Novelty:
    """A cluster, numbers of its messages from the centre outwards, and by how much its messages are nearer to each other
    than to the nearest known example: the mean difference of cosines (`lead`)."""

    members: tuple[int, ...]
    lead: float

    @property
    def strength(self) -> float:
        """The lead, for which more messages speak more surely."""
        return self.lead * sqrt(len(self.members))


def novel(
    clusters: Iterable[Sequence[int]],
    vectors: dict[int, NDArray[np.float32]],
    known: dict[int, float],
) -> list[Novelty]:
    """The clusters that are no known intent, the largest first; `known` is the cosine of each message's nearest example.

    An intent that is known has examples all around a message that was not understood; a new one has only the others
    that ask for it."""
    found = []
    for cluster in clusters:
        members = [number for number in cluster if number in vectors and number in known]
        if len(members) < LEAST_SIZE:
            continue
        lead = _lead(np.stack([vectors[number] for number in members]), [known[one] for one in members])
        one = Novelty(tuple(members), lead)
        if one.strength >= LEAST_STRENGTH:
            found.append(one)
    return sorted(found, key=lambda one: (-len(one.members), -one.lead))


def undismissed(found: Iterable[Novelty], dismissed: Collection[frozenset[int]]) -> list[Novelty]:
    """Those that nobody dismissed, and those that have grown since to GROWN times what they were."""
    return [one for one in found if not any(_is_same(one, before) for before in dismissed)]


def _lead(vectors: NDArray[np.float32], known: Sequence[float]) -> float:
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1.0)
    return float(np.mean(cosines.max(axis=1) - np.array(known)))


def _is_same(one: Novelty, before: frozenset[int]) -> bool:
    n_shared = len(before.intersection(one.members))
    return 2 * n_shared >= min(len(before), len(one.members)) and len(one.members) < GROWN * len(before)
