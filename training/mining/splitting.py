"""A group in two by its vectors: two means, begun at the two that lie furthest apart."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
ROUNDS = 30


def halves(vectors: Vectors) -> NDArray[np.bool_]:
    """Which rows (n, width) of unit length go with the smaller half. The same each time; all False where all are equal."""
    centre = vectors.mean(axis=0)
    first = vectors[int(np.argmin(vectors @ centre))]
    second = vectors[int(np.argmin(vectors @ first))]
    is_second = np.zeros(len(vectors), bool)
    for _ in range(ROUNDS):
        now = vectors @ second > vectors @ first
        if now.all() or not now.any() or np.array_equal(now, is_second):
            break
        is_second = now
        first, second = _unit(vectors[~now].mean(axis=0)), _unit(vectors[now].mean(axis=0))
    return ~is_second if is_second.sum() > len(vectors) / 2 else is_second


def from_centre(vectors: Vectors) -> tuple[list[int], float]:
    """The rows from the centre outwards, and their mean cosine to it."""
    near = vectors @ _unit(vectors.mean(axis=0))
    return [int(row) for row in np.argsort(-near, kind="stable")], float(np.clip(near.mean(), 0, 1))


def read_vectors(path: Path, rows: Sequence[int], n_rows: int) -> Vectors | None:
    """These rows of the file, in single precision; None where there is no such file for `n_rows` requests."""
    if not path.is_file():
        return None
    try:
        stored = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):
        return None
    if stored.ndim != 2 or len(stored) != n_rows:
        return None
    return np.asarray(stored[list(rows)], np.float32)


def _unit(vector: Vectors) -> Vectors:
    return np.asarray(vector / max(1e-9, float(np.linalg.norm(vector))), np.float32)
