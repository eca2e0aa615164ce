"""Vectors found by cosine: all compared while they are few, those in cells once they are many."""

import atexit
import threading
from pathlib import Path
from typing import Any
from weakref import WeakSet

import faiss
import numpy as np

from retrieval.cells import Cells, n_cells_for
from retrieval.errors import RetrievalError
from retrieval.exact import Exact, Rows, Vectors
from retrieval.half_vectors import HalfVectors, read_halves

# Cells are faster from somewhere between 10,000 and 20,000 on; until here comparing all takes 1 ms and misses nothing.
CELLS_FROM = 20_000
# Cells are made anew when there are so many times as many vectors as their number was chosen for.
REMAKE_AT = 4
# Vectors taken from the exact index while searches wait, 1 ms.
COPIED_AT_ONCE = 2048

_makers: WeakSet[threading.Thread] = WeakSet()
_is_ending = threading.Event()


@atexit.register
def _give_up() -> None:
    """End what makes cells before Python takes apart what it works on, which crashes."""
    _is_ending.set()
    faiss.TimeoutCallback.reset(1e-9)  # 0 is never
    for maker in list(_makers):
        maker.join()


class VectorIndex:
    """Vectors (n, width) of length 1, by row.

    It becomes cells, and these more cells, in a thread of its own while everything goes on. Every call but
    `wait` is made with `lock` held; that thread takes it for moments."""

    def __init__(self, index: Exact | Cells, n_rows: int) -> None:
        self._index = index
        self._n_rows = n_rows
        self.lock = threading.Lock()
        self._maker: threading.Thread | None = None
        self._added: list[tuple[int, Vectors]] = []  # while cells are made
        self._removed: list[int] = []
        self._grow()

    @classmethod
    def of(cls, vectors: Vectors) -> "VectorIndex":
        """Vectors whose rows are counted from 0; many become cells at once, which takes a while."""
        if len(vectors) < CELLS_FROM:
            return cls(Exact(vectors), len(vectors))
        halves = HalfVectors(vectors.shape[1])
        halves.append(vectors)
        return cls(Cells.make(halves, np.arange(len(vectors))), len(vectors))

    @property
    def kind(self) -> str:
        """How it searches, in words."""
        if isinstance(self._index, Exact):
            return "exact"
        return f"{self._index.n_read} of {self._index.n_cells} cells"

    def __len__(self) -> int:
        return len(self._index)

    def search(self, vector: Vectors, k: int) -> tuple[Rows, Vectors]:
        """The k nearest rows and their cosines, nearest first."""
        return self._index.search(vector, k)

    def vectors(self, rows: Rows) -> Vectors:
        """The vectors of rows that are there: (rows, width)."""
        return self._index.vectors(rows)

    def add(self, vector: Vectors) -> None:
        """Add a vector (width,); its row is one more than the last."""
        row = self._n_rows
        self._index.add(row, vector)
        self._n_rows += 1
        if self._maker and self._maker.is_alive():
            self._added.append((row, vector))
        self._grow()

    def remove(self, row: int) -> None:
        self._index.remove(row)
        if self._maker and self._maker.is_alive():
            self._removed.append(row)

    def _grow(self) -> None:
        """Begin to make cells, in the background, if there are too many vectors for what is there."""
        n_cells = 0 if isinstance(self._index, Exact) else self._index.n_cells
        is_time = n_cells_for(len(self)) >= n_cells * REMAKE_AT**0.5 and len(self) >= CELLS_FROM
        if is_time and self._maker is None:
            self._maker = threading.Thread(target=self._make, name="cells", daemon=True)
            _makers.add(self._maker)
            self._maker.start()

    def wait(self) -> None:
        """Wait until no cells are being made."""
        if maker := self._maker:
            maker.join()

    def write(self, path: Path) -> None:
        """Write the vectors, and beside them what cells need; rows are counted anew, without gaps.

        Raises OSError when the disk won't take it."""
        rows = self._index.rows()
        if isinstance(self._index, Cells):
            _write(self._index.codes(rows), path)
            self._index.halves.write(halves_file(path), rows)
        else:
            flat = faiss.IndexFlatIP(self._index.width)
            flat.add(self._index.vectors(rows))
            _write(flat, path)

    @classmethod
    def read(cls, path: Path) -> "VectorIndex":
        """Read what `write` wrote.

        Raises RetrievalError naming the file that can't be read or doesn't fit."""
        try:
            index = faiss.read_index(str(path))
            n = index.ntotal
        except (RuntimeError, AttributeError) as error:  # FAISS reads "null" as no index at all
            raise RetrievalError(f"{path}: not a FAISS index: {error}") from error
        if isinstance(index, faiss.IndexFlat):
            return cls(Exact(index.reconstruct_n(0, n)), n)
        halves = read_halves(halves_file(path))
        if not isinstance(index, faiss.IndexIVFRaBitQ) or index.d != halves.width or n != len(halves):
            raise RetrievalError(f"{path}: {n} vectors, but {halves_file(path).name} holds {len(halves)}")
        return cls(Cells(halves, index), n)

    def _make(self) -> None:
        faiss.omp_set_num_threads(1)  # of this thread: the desk has other things to do
        with self.lock:
            rows, n_rows = self._index.rows(), self._n_rows
            self._added, self._removed = [], []
        index = self._index
        try:
            halves = index.halves if isinstance(index, Cells) else self._halves(index, rows, n_rows)
            made = Cells.make(halves, rows)
        except RuntimeError:
            if _is_ending.is_set():
                return
            raise
        with self.lock:
            for row, vector in self._added:
                made.add(row, vector)
            for row in self._removed:
                made.remove(row)
            self._index, self._maker = made, None
            self._added, self._removed = [], []

    def _halves(self, index: Exact, rows: Rows, n_rows: int) -> HalfVectors:
        halves = HalfVectors(index.width)
        for start in range(0, n_rows, COPIED_AT_ONCE):
            part = np.zeros((min(COPIED_AT_ONCE, n_rows - start), index.width), np.float32)
            if _is_ending.is_set():
                raise RuntimeError("the process ends")
            with self.lock:
                there = np.setdiff1d(rows[(rows >= start) & (rows < start + len(part))], self._removed)
                part[there - start] = index.vectors(there)
            halves.append(part)
        return halves


def halves_file(path: Path) -> Path:
    """Where the vectors of an index of cells lie."""
    return path.with_name(f"{path.name}.vectors.npy")


def _write(index: Any, path: Path) -> None:
    try:
        faiss.write_index(index, str(path))
    except RuntimeError as error:
        raise OSError(f"{path}: {error}") from error
