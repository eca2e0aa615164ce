"""Vectors that are near each other become clusters, as merging the two nearest over and over would make them."""

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.review.clustering import cluster


def unit(rows: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def merged_one_by_one(vectors: NDArray[np.float32], least: float) -> set[frozenset[int]]:
    """The definition: of all pairs of clusters the nearest is merged, as long as it is near enough."""
    clusters = [[row] for row in range(len(vectors))]
    while len(clusters) > 1:
        means = np.stack([vectors[rows].mean(axis=0) for rows in clusters])
        cosines = means @ means.T
        np.fill_diagonal(cosines, -np.inf)
        one, other = np.unravel_index(np.argmax(cosines), cosines.shape)
        if cosines[one, other] < least:
            break
        clusters[one] += clusters[other]
        del clusters[other]
    return {frozenset(rows) for rows in clusters}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("least", [0.2, 0.5, 0.8])
def test_the_clusters_are_those_of_average_linkage(seed: int, least: float) -> None:
    random = np.random.default_rng(seed)
    centres = random.normal(size=(7, 8))
    vectors = unit(centres[random.integers(7, size=60)] + 0.5 * random.normal(size=(60, 8)))
    found = cluster(vectors, least_cosine=least)
    assert {frozenset(rows) for rows in found} == merged_one_by_one(vectors, least)
    assert sorted(row for rows in found for row in rows) == list(range(60))


def test_the_largest_comes_first_and_each_from_its_centre_outwards() -> None:
    angles = np.radians([90, 0, 20, 8, 91])
    vectors = unit(np.stack([np.cos(angles), np.sin(angles)], axis=1))
    assert cluster(vectors, least_cosine=0.9) == [[3, 1, 2], [0, 4]]


def test_equal_vectors_and_nothing_at_all_are_no_trouble() -> None:
    assert cluster(np.ones((4, 1), np.float32)) == [[0, 1, 2, 3]]
    assert cluster(np.zeros((0, 3), np.float32)) == []
