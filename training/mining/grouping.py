"""Vectors of requests become groups, however many there are of either; how many groups there are isn't given.

A sample is clustered closely: each vector moves towards its nearest neighbours, which are its positives in the sense of
contrastive learning without labels (Zhang et al., Supporting clustering with contrastive learning, NAACL 2021), and those
of one mean cosine are merged (agglomerative, average linkage). Every other vector goes to the nearest group. What lies near
none is clustered once more among itself, so that rare requests are found which a sample of everything misses."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

NOISE = -1
SAMPLE = 6000  # vectors that are clustered closely: 150 MB of distances
BLOCK = 8192
ROUNDS = 3
# Chosen by the mean accuracy over CLINC150's domains, BANKING77, MultiDoGO, Bitext and HINT3, see docs/benchmarks.md;
# DSTC11 took no part in it.
CENTRING = 0.5  # of the mean is taken off; the whole of it would tear apart what most requests are about
N_NEIGHBOURS = 10
LEAST_COSINE = 0.5  # mean, between the members of a group
MIN_SIZE = 5
LEAST_OWN = 0.6  # cosine to its group's centre below which a vector is noise

Vectors = NDArray[np.floating]
Spread = Callable[["Assigning", Vectors], Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]]


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """`labels` (n,): each vector's group, from the largest on, or NOISE; `nearest` (n,): the same for noise too.
    `cosines` (n,): to the centre of the nearest group; `centres` (groups, width) of length 1."""

    labels: NDArray[np.int64]
    nearest: NDArray[np.int64]
    cosines: NDArray[np.float32]
    centres: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.centres)


@dataclass(frozen=True, slots=True, eq=False)
class Assigning:
    """What vectors are assigned by: their mean (width,), the sample they are smoothed with (m, width), and the
    centres (groups, width)."""

    mean: NDArray[np.float32]
    sample: NDArray[np.float32]
    centres: NDArray[np.float32]

    def __call__(self, vectors: Vectors) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The nearest group of each vector (n, width), and the cosine to its centre."""
        cosines = smoothed(centred(vectors, self.mean), self.sample) @ self.centres.T
        nearest = cosines.argmax(axis=1)
        return nearest, cosines[np.arange(len(nearest)), nearest]


def blocks(vectors: Vectors) -> Iterator[Vectors]:
    """Pieces of BLOCK rows."""
    return (vectors[start : start + BLOCK] for start in range(0, len(vectors), BLOCK))


def one_by_one(
    assigning: Assigning, vectors: Vectors
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Assign all, block by block, in this process."""
    return map(assigning, blocks(vectors))


def group(
    vectors: Vectors,
    *,
    seed: int = 0,
    sample: int = SAMPLE,
    spread: Spread = one_by_one,
    watch: Callable[[int, int], None] = lambda done, total: None,
) -> Groups:
    """Group vectors (n, width), of any float type and in memory or on disk, those of equal texts once.

    `spread` assigns blocks of them, on other machines maybe; `watch` is told how many are assigned, and of how many."""
    mean = _mean(vectors)
    random = np.random.default_rng(seed)
    centres = np.zeros((0, vectors.shape[1]), np.float32)
    nearest = np.zeros(len(vectors), np.int64)
    cosines = np.full(len(vectors), -1, np.float32)
    basis = np.zeros((0, vectors.shape[1]), np.float32)
    for _ in range(ROUNDS):
        left = np.flatnonzero(cosines < LEAST_OWN)
        if len(left) < MIN_SIZE:
            break
        chosen = np.sort(random.choice(left, min(sample, len(left)), replace=False))
        new_basis = centred(vectors[chosen], mean)
        found = cluster(smoothed(new_basis, new_basis, within=True))
        if not len(found):
            break
        basis, centres = np.concatenate([basis, new_basis]), np.concatenate([centres, found])
        assigning, start = Assigning(mean, new_basis, found), len(centres) - len(found)
        done = 0
        for labels, own in spread(assigning, vectors):
            place = slice(done, done + len(labels))
            better = (cosines[place] < LEAST_OWN) & (own > cosines[place])
            nearest[place] = np.where(better, labels + start, nearest[place])
            cosines[place] = np.where(better, own, cosines[place])
            done += len(labels)
            watch(done, len(vectors))
        if len(left) <= sample:
            break  # the whole of it was clustered already
    return _by_size(nearest, cosines, centres)


def centred(vectors: Vectors, mean: NDArray[np.float32]) -> NDArray[np.float32]:
    """With half of what all have in common taken off, of length 1."""
    return _unit(np.asarray(vectors, np.float32) - CENTRING * mean)


def smoothed(
    vectors: NDArray[np.float32], sample: NDArray[np.float32], *, within: bool = False
) -> NDArray[np.float32]:
    """Each vector (n, width) together with the mean of its nearest in the sample; `within`: they are the sample."""
    count = min(N_NEIGHBOURS, len(sample) - within)
    if count < 1:
        return vectors
    moved = np.empty_like(vectors)
    for start in range(0, len(vectors), BLOCK // 4):
        some = vectors[start : start + BLOCK // 4]
        cosines = some @ sample.T
        if within:
            cosines[np.arange(len(some)), np.arange(start, start + len(some))] = -2
        near = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
        moved[start : start + len(some)] = some + sample[near].mean(axis=1)
    return _unit(moved)


def cluster(vectors: NDArray[np.float32], *, least_cosine: float = LEAST_COSINE) -> NDArray[np.float32]:
    """The centres of the clusters (clusters, width) of unit vectors (n, width), those of MIN_SIZE and more."""
    if len(vectors) < 2:
        return vectors[:0]
    distances = np.clip(1 - vectors @ vectors.T, 0, 2)
    np.fill_diagonal(distances, 0)
    merges = linkage(squareform(distances, checks=False), "average")
    labels = fcluster(merges, 1 - least_cosine, "distance") - 1
    sums = np.zeros((labels.max() + 1, vectors.shape[1]), np.float32)
    np.add.at(sums, labels, vectors)
    return _unit(sums[np.bincount(labels) >= MIN_SIZE])


def _mean(vectors: Vectors) -> NDArray[np.float32]:
    total = np.zeros(vectors.shape[1], np.float64)
    for block in blocks(vectors):
        total += block.sum(axis=0, dtype=np.float64)
    return (total / max(1, len(vectors))).astype(np.float32)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    found: NDArray[np.float32] = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return found


def _by_size(
    nearest: NDArray[np.int64], cosines: NDArray[np.float32], centres: NDArray[np.float32]
) -> Groups:
    """Groups numbered from the largest on; those to which nothing came are left out."""
    if not len(centres):
        nothing = np.full(len(nearest), NOISE, np.int64)
        return Groups(nothing, nothing, cosines, centres)
    sizes = np.bincount(nearest[cosines >= LEAST_OWN], minlength=len(centres))
    order = [number for number in np.argsort(-sizes, kind="stable") if sizes[number]]
    place = np.full(len(centres), NOISE, np.int64)
    place[order] = np.arange(len(order))
    labels = np.where(cosines >= LEAST_OWN, place[nearest], NOISE)
    return Groups(labels, place[nearest], cosines, centres[order])
