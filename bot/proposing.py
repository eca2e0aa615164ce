"""New intents, noticed by themselves: unanswered messages that are nearer to each other than to anything known."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Chosen on BANKING77 (bench/new_intents.py), where ten intents were held back.
LEAST_SIZE = 4  # messages
LEAST_LEAD = 0.0
GROWN = 2.0  # times as many messages as when it was dismissed


@dataclass(frozen=True, slots=True)
class Novelty:
    """A cluster, numbers of its messages from the centre outwards, and by how much its messages are nearer to each other
    than to the nearest known example: the mean difference of cosines."""

    members: tuple[int, ...]
    lead: float


def novel(
    clusters: Iterable[Sequence[int]],
    vectors: dict[int, NDArray[np.float32]],
    known: dict[int, float],
    *,
    least_size: int = LEAST_SIZE,
    least_lead: float = LEAST_LEAD,
) -> list[Novelty]:
    """The clusters that are no known intent, the largest first; `known` is the cosine of each message's nearest example.

    An intent that is known has examples all around a message that was not understood; a new one has only the others
    that ask for it."""
    found = []
    for cluster in clusters:
        members = [number for number in cluster if number in vectors and number in known]
        if len(members) < least_size:
            continue
        lead = _lead(np.stack([vectors[number] for number in members]), [known[one] for one in members])
        if lead >= least_lead:
            found.append(Novelty(tuple(members), lead))
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
