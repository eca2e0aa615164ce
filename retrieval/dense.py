"""Texts found by the cosine of their vectors."""

import faiss
import numpy as np
from numpy.typing import NDArray


class DenseIndex:
    """Vectors (n, width) of length 1, searched by inner product; never changes, so searches may run side by side."""

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        self._index = faiss.IndexFlatIP(vectors.shape[1])
        if len(vectors):
            self._index.add(np.ascontiguousarray(vectors, np.float32))

    def search(self, vector: NDArray[np.float32], k: int) -> list[tuple[int, float]]:
        """The k nearest as (position, cosine), nearest first."""
        if not self._index.ntotal:
            return []
        similarities, ids = self._index.search(vector.reshape(1, -1), min(k, self._index.ntotal))
        return [(int(i), float(s)) for i, s in zip(ids[0], similarities[0], strict=True)]
