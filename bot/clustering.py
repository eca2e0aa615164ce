"""Messages that mean the same, put together by their vectors: agglomerative clustering with average linkage.

Nearest-neighbour chains (F. Murtagh, A survey of recent advances in hierarchical clustering algorithms, 1983) make the
same clusters as merging the two nearest over and over, in the square of the number of messages."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

LEAST_COSINE = 0.6
MAX_VECTORS = 1000


def cluster(
    vectors: NDArray[np.float32], *, least_cosine: float = LEAST_COSINE, sizes: Sequence[int] | None = None
) -> list[list[int]]:
    """Rows of unit length (n, width) in clusters: of two in different ones the mean cosine is below `least_cosine`.

    `sizes` counts how many messages each row stands for. Rows of a cluster are ordered from its centre outwards, clusters by
    how many messages they hold."""
    weights = np.ones(len(vectors)) if sizes is None else np.asarray(sizes, float)
    members = _merge(vectors @ vectors.T, weights.copy(), least_cosine)
    ordered = [_from_centre(vectors, weights, rows) for rows in members]
    return sorted(ordered, key=lambda rows: (-weights[rows].sum(), min(rows)))


def _merge(cosines: NDArray[np.float32], weights: NDArray[np.float64], least: float) -> list[list[int]]:
    members = [[row] for row in range(len(cosines))]
    np.fill_diagonal(cosines, -np.inf)
    finished: list[list[int]] = []
    open_rows = set(range(len(cosines)))
    chain: list[int] = []
    while open_rows:
        if not chain:
            chain.append(min(open_rows))
        last = chain[-1]
        nearest = int(np.argmax(cosines[last]))
        # On a tie the one before it in the chain, or the chain would go in circles.
        if len(chain) > 1 and cosines[last, chain[-2]] >= cosines[last, nearest]:
            nearest = chain[-2]
        if cosines[last, nearest] < least:  # a merge elsewhere never brings anything nearer
            finished.append(members[last])
            _close(cosines, last)
            open_rows.discard(last)
            chain.pop()
        elif len(chain) > 1 and nearest == chain[-2]:
            del chain[-2:]
            both = weights[last] + weights[nearest]
            joined = (weights[last] * cosines[last] + weights[nearest] * cosines[nearest]) / both
            members[nearest] += members[last]
            weights[nearest] = both
            cosines[nearest] = cosines[:, nearest] = joined
            cosines[nearest, nearest] = -np.inf
            _close(cosines, last)
            open_rows.discard(last)
        else:
            chain.append(nearest)
    return finished


def _close(cosines: NDArray[np.float32], row: int) -> None:
    cosines[row] = cosines[:, row] = -np.inf


def _from_centre(
    vectors: NDArray[np.float32], weights: NDArray[np.float64], rows: Sequence[int]
) -> list[int]:
    centre = weights[list(rows)] @ vectors[list(rows)]
    return sorted(rows, key=lambda row: (-round(float(vectors[row] @ centre), 4), row))
