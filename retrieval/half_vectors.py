"""Vectors in half precision, a million in 0.8 GB."""

from collections.abc import Iterator
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from retrieval.errors import RetrievalError
from retrieval.exact import Rows, Vectors

BLOCK = 2**14
MAX_WIDTH = 2**13


class HalfVectors:
    """Vectors in half precision, in blocks that stay where they are as more come."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._blocks: list[NDArray[np.float16]] = []
        self._n = 0

    def __len__(self) -> int:
        return self._n

    def append(self, vectors: NDArray[Any]) -> None:
        """Add vectors (n, width) behind the last."""
        done = 0
        while done < len(vectors):
            at = self._n % BLOCK
            if not at:
                self._blocks.append(np.empty((BLOCK, self.width), np.float16))
            part = vectors[done : done + BLOCK - at]
            self._blocks[-1][at : at + len(part)] = part
            done += len(part)
            self._n += len(part)

    def take(self, rows: Rows) -> Vectors:
        """The vectors of some rows: (rows, width)."""
        found = np.empty((len(rows), self.width), np.float16)
        for i, row in enumerate(rows.tolist()):
            found[i] = self._blocks[row // BLOCK][row % BLOCK]
        return found.astype(np.float32)

    def clear(self, row: int) -> None:
        """Overwrite the vector of a row that is no longer there."""
        self._blocks[row // BLOCK][row % BLOCK] = 0

    def parts(self) -> Iterator[tuple[int, NDArray[np.float16]]]:
        """All vectors, block by block, each with its first row."""
        n = self._n
        for start in range(0, n, BLOCK):
            yield start, self._blocks[start // BLOCK][: n - start]

    def write(self, path: Path, rows: Rows) -> None:
        """Write the vectors of some rows, ascending, as an array of NumPy's.

        Raises OSError when the disk won't take it."""
        header = {"descr": "<f2", "fortran_order": False, "shape": (len(rows), self.width)}
        with path.open("wb") as file:
            npy.write_array_header_1_0(file, header)
            for start, part in self.parts():
                first, last = np.searchsorted(rows, (start, start + len(part)))
                file.write(part[rows[first:last] - start].tobytes())


def read_halves(path: Path) -> HalfVectors:
    """Read what `HalfVectors.write` wrote.

    Raises RetrievalError naming the file that can't be read."""
    try:
        with path.open("rb") as file:
            npy.read_magic(file)
            (n, width), _, kind = npy.read_array_header_1_0(file)
            if kind != np.float16 or not 0 < width <= MAX_WIDTH:
                raise ValueError(f"met {kind} with {width} columns, wanted float16 with 1 to {MAX_WIDTH}")
            found = HalfVectors(width)
            while len(found) < n:
                values = np.fromfile(file, kind, width * min(BLOCK, n - len(found)))
                found.append(values.reshape(-1, width))
                if not len(values):
                    raise ValueError(f"it ends after {len(found)} of {n} vectors")
    except (
        OSError,
        ValueError,
        SyntaxError,
        TokenError,
    ) as error:  # NumPy reads the head as Python's literals
        raise RetrievalError(f"{path}: not the vectors of an index: {error}") from error
    return found
