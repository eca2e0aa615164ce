"""Many vectors by row: those in the cells nearest to the query are compared, roughly, then the best of them again.

Cells are clusters (an inverted file, Jegou, Douze and Schmid 2011, section IV); the rough comparison reads one
bit a dimension (RaBitQ, Gao and Long 2024), the second one vectors in half precision."""

import math
from typing import Any

import faiss
import numpy as np

from retrieval.exact import Rows, Vectors
from retrieval.half_vectors import HalfVectors

N_CELLS = 2  # for the square root of how many vectors there are; with 4, making them takes four times as long
SAMPLE = 64  # vectors that are clustered to find the cells, for each cell
QUERY_BITS = 4  # of each of the query's values in the rough comparison; 8 find no more
CANDIDATES = 300  # that it passes on; of a million, with 500 it finds one neighbour in 3,000 more
# How many cells are read is the least of these with which so many of the nearest are found, the rows' own
# vectors asked; measured whenever cells are made, for it depends on what is remembered. At most what 3 ms allow
# among a million.
N_READ = (8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 160, 192)
RECALL = 0.992
N_ASKED, K_ASKED = 400, 11  # itself and ten others


def n_cells_for(n: int) -> int:
    """How many cells there should be for n vectors."""
    return max(1, round(N_CELLS * math.sqrt(n)))


class Cells:
    """Vectors of length 1 by row, rows counted from 0. Not for use from several threads at a time."""

    def __init__(self, vectors: HalfVectors, codes: Any) -> None:
        """`codes`: an IndexIVFRaBitQ of those vectors that are there."""
        self.halves = vectors  # of all rows that ever were
        self._codes = codes

    @classmethod
    def make(cls, vectors: HalfVectors, rows: Rows) -> "Cells":
        """Make cells for some of the vectors, the rows ascending. A million take one core a minute.

        Raises RuntimeError where FAISS is told to give up."""
        n_cells = n_cells_for(len(rows))
        rng = np.random.default_rng(0)
        sample = vectors.take(rng.choice(rows, min(len(rows), SAMPLE * n_cells), replace=False))
        clusters = faiss.Kmeans(
            vectors.width,
            n_cells,
            niter=8,
            spherical=True,
            max_points_per_centroid=SAMPLE,
            min_points_per_centroid=1,
        )
        clusters.train(sample)
        centres: Any = faiss.IndexFlatIP(vectors.width)
        centres.add(clusters.centroids)
        codes: Any = faiss.IndexIVFRaBitQ(centres, vectors.width, n_cells, faiss.METRIC_INNER_PRODUCT)
        codes.referenced_objects = [centres]
        codes.qb = QUERY_BITS
        codes.train(sample)
        for start, part in vectors.parts():
            # As FAISS itself does in all else that takes long.
            faiss.InterruptCallback.check()  # type: ignore[attr-defined]  # missing in its types
            first, last = np.searchsorted(rows, (start, start + len(part)))
            inside = rows[first:last]
            codes.add_with_ids(part[inside - start].astype(np.float32), inside)
        made = cls(vectors, codes)
        made._measure(rng.choice(rows, min(len(rows), N_ASKED), replace=False))
        return made

    @property
    def n_cells(self) -> int:
        return int(self._codes.nlist)

    @property
    def n_read(self) -> int:
        """How many cells a search reads."""
        return int(self._codes.nprobe)

    def __len__(self) -> int:
        return int(self._codes.ntotal)

    def rows(self) -> Rows:
        """The rows that are there, ascending."""
        return np.sort(np.concatenate(_ids(self._codes)))

    def add(self, row: int, vector: Vectors) -> None:
        """Add the vector of the next row, or of one whose vector is there already."""
        if row == len(self.halves):
            self.halves.append(vector.reshape(1, -1))
        self._codes.add_with_ids(vector.reshape(1, -1).astype(np.float32), np.array([row]))

    def remove(self, row: int) -> None:
        self._codes.remove_ids(faiss.IDSelectorBatch(np.array([row])))
        self.halves.clear(row)

    def vectors(self, rows: Rows) -> Vectors:
        """The vectors of rows that are there: (rows, width)."""
        return self.halves.take(rows)

    def search(self, vector: Vectors, k: int) -> tuple[Rows, Vectors]:
        """The k nearest rows in the cells read, and their cosines, nearest first."""
        query = np.ascontiguousarray(vector.reshape(1, -1), np.float32)
        _, [rows] = self._codes.search(query, max(k, CANDIDATES))
        rows = rows[rows >= 0]
        cosines = self.halves.take(rows) @ query[0]
        best = np.argsort(-cosines, kind="stable")[:k]
        return rows[best], cosines[best]

    def codes(self, rows: Rows) -> Any:
        """A copy of the FAISS index, with the rows given (all that are there, ascending) counted from 0."""
        codes = faiss.clone_index(self._codes)
        for ids in _ids(codes):
            ids[:] = np.searchsorted(rows, ids)
        return codes

    def _measure(self, asked: Rows) -> None:
        """Read as few cells as will do."""
        queries = self.halves.take(asked)
        wanted = [set(near.tolist()) for near in self._nearest(queries)]
        for self._codes.nprobe in N_READ:
            found = [set(self.search(query, K_ASKED)[0].tolist()) for query in queries]
            n_right = sum(len(one & other) for one, other in zip(wanted, found, strict=True))
            if n_right >= RECALL * sum(map(len, wanted)):
                return

    def _nearest(self, queries: Vectors) -> Rows:
        """The rows nearest to each query, every one compared: (queries, K_ASKED)."""
        best = np.zeros((len(queries), 0), np.float32)
        owners = np.zeros((len(queries), 0), np.int64)
        for start, part in self.halves.parts():
            cosines = np.hstack([best, queries @ part.T.astype(np.float32)])
            part_rows = np.broadcast_to(np.arange(start, start + len(part)), (len(queries), len(part)))
            n = min(K_ASKED, cosines.shape[1])
            order = np.argpartition(-cosines, n - 1, axis=1)[:, :n]
            best = np.take_along_axis(cosines, order, 1)
            owners = np.take_along_axis(np.hstack([owners, part_rows]), order, 1)
        return owners


def _ids(codes: Any) -> list[Rows]:
    """The rows in each cell, as FAISS has them."""
    lists = codes.invlists
    return [
        faiss.rev_swig_ptr(lists.get_ids(cell), size)
        if (size := lists.list_size(cell))
        else np.zeros(0, np.int64)
        for cell in range(codes.nlist)
    ]
