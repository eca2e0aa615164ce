"""Vectors become groups."""

from collections.abc import Iterator

import numpy as np
import pytest

from training.mining.grouping import NOISE, Assigning, Vectors, blocks, group


def blobs(
    sizes: list[int], *, width: int = 48, spread: float = 0.06, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors around random centres (n, width), shuffled, and the blob of each."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(len(sizes), width))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    gold = random.permutation(np.repeat(np.arange(len(sizes)), sizes))
    vectors = centres[gold] + spread * random.normal(size=(len(gold), width))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), gold


def agree(labels: np.ndarray, gold: np.ndarray) -> bool:
    """Whether two labellings part the rows alike."""
    pairs = set(zip(labels.tolist(), gold.tolist(), strict=True))
    return len(pairs) == len(set(labels.tolist())) == len(set(gold.tolist()))


def test_blobs_of_very_different_sizes_are_found_without_their_number() -> None:
    vectors, gold = blobs([300, 60, 20, 12, 8])
    groups = group(vectors)
    assert agree(groups.labels, gold)
    assert np.bincount(groups.labels).tolist() == [300, 60, 20, 12, 8]


def test_what_is_like_nothing_else_is_noise_but_has_a_nearest_group() -> None:
    vectors, _ = blobs([80, 80])
    strange, _ = blobs([1] * 4, seed=9)
    groups = group(np.concatenate([vectors, strange]))
    assert (groups.labels[-4:] == NOISE).all()
    assert (groups.nearest >= 0).all()
    assert (groups.labels[:160] >= 0).all()


def test_rare_groups_are_found_that_a_sample_misses() -> None:
    vectors, gold = blobs([2000, 2000, 12])
    groups = group(vectors, sample=300)
    assert agree(groups.labels, gold)


def test_half_precision_on_disk_gives_the_same_groups(tmp_path: object) -> None:
    vectors, _ = blobs([200, 100, 50])
    half = np.memmap(f"{tmp_path}/v.f16", np.float16, "w+", shape=vectors.shape)
    half[:] = vectors
    assert (group(half).labels == group(vectors).labels).all()


def test_the_same_vectors_and_seed_give_the_same_groups() -> None:
    vectors, _ = blobs([900, 900, 40], spread=0.12)
    one, other = group(vectors, sample=200), group(vectors, sample=200)
    assert (one.labels == other.labels).all()
    assert np.array_equal(one.centres, other.centres)


def test_blocks_may_be_assigned_elsewhere() -> None:
    vectors, _ = blobs([9000, 400])
    n_blocks = 0

    def spread(assigning: Assigning, rows: Vectors) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        nonlocal n_blocks
        for found in list(map(assigning, blocks(rows))):
            n_blocks += 1
            yield found

    assert (group(vectors, spread=spread).labels == group(vectors).labels).all()
    assert n_blocks > 1


@pytest.mark.parametrize("n", [0, 1, 3])
def test_too_few_vectors_are_no_group(n: int) -> None:
    vectors, _ = blobs([10])
    groups = group(vectors[:n])
    assert len(groups) == 0
    assert (groups.labels == NOISE).all()


def test_equal_vectors_are_one_group() -> None:
    vectors, _ = blobs([40, 1], spread=0.0)
    assert len(group(vectors)) == 1
