"""Vectors by row, every one compared: nothing is missed, and few are found fastest so."""

import faiss
import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]


class Exact:
    """Vectors (n, width) of length 1 by row. Not for use from several threads at a time.

    They lie in half precision: reading them is all that a search takes, and cosines are off by 0.0005 at most."""

    def __init__(self, vectors: Vectors) -> None:
        half = faiss.ScalarQuantizer.QT_fp16
        flat = faiss.IndexScalarQuantizer(vectors.shape[1], half, faiss.METRIC_INNER_PRODUCT)
        self._index = faiss.IndexIDMap2(flat)
        if len(vectors):
            self._index.add_with_ids(np.ascontiguousarray(vectors, np.float32), np.arange(len(vectors)))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def width(self) -> int:
        return int(self._index.d)

    def rows(self) -> Rows:
        """The rows that are there, ascending."""
        return np.sort(faiss.vector_to_array(self._index.id_map))

    def add(self, row: int, vector: Vectors) -> None:
        self._index.add_with_ids(vector.reshape(1, -1).astype(np.float32), np.array([row]))

    def remove(self, row: int) -> None:
        self._index.remove_ids(faiss.IDSelectorBatch(np.array([row])))

    def vectors(self, rows: Rows) -> Vectors:
        """The vectors of rows that are there: (rows, width)."""
        if not len(rows):
            return np.zeros((0, self.width), np.float32)
        found: Vectors = self._index.reconstruct_batch(rows)
        return found

    def search(self, vector: Vectors, k: int) -> tuple[Rows, Vectors]:
        """The k nearest rows and their cosines, nearest first."""
        n = min(k, max(1, self._index.ntotal))
        cosines, rows = self._index.search(np.ascontiguousarray(vector.reshape(1, -1), np.float32), n)
        is_found = rows[0] >= 0
        return rows[0][is_found], cosines[0][is_found]
