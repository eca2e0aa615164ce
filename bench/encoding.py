"""Texts encoded once: benchmarks that draw from one set over and over keep its vectors."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlu.encoder import Encoded
from training.dataset import LabelledText
from training.features import Features, Progress, encode_rows, no_progress

NO_STATES = np.zeros((0, 0), np.float32)
NO_CASES = np.zeros(0, np.int64)


def encode_once(
    rows: Sequence[LabelledText],
    release: Path,
    cache: Path,
    *,
    precision: str = "int8",
    progress: Progress = no_progress,
) -> Features:
    """The rows with the vectors of a release's encoder, read from a file in the folder `cache` where they are known.

    The states of single words aren't kept, so that no tag head can be fitted on them."""
    path = cache / f"{_fingerprint(rows, release, precision)}.npy"
    if not path.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        np.save(path, encode_rows(rows, release, precision, progress).vectors)
    vectors: NDArray[np.float32] = np.load(path, allow_pickle=False)
    encoded = (
        Encoded(row.for_encoder, vector, NO_STATES, NO_CASES, ())
        for row, vector in zip(rows, vectors, strict=True)
    )
    return Features(tuple(rows), vectors, tuple(encoded))


def _fingerprint(rows: Sequence[LabelledText], release: Path, precision: str) -> str:
    digest = hashlib.sha256((release / f"encoder.{precision}.onnx").read_bytes())
    for row in rows:
        digest.update(f"{row.for_encoder}\0".encode())
    return digest.hexdigest()[:16]
