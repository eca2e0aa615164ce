"""Texts run once through the served encoder; everything the fast training learns from."""

import itertools
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlu.encoder import Encoded, Encoder
from nlu.gist import GistReader
from nlu.heads import LinearHead, word_input
from nlu.spelling import Speller
from training.dataset import LabelledText
from training.heads import TaggedText

Progress = Callable[[str, int, int], None]  # stage, done, total
Tell = Callable[[str], None]  # a line worth reading while one waits
CHUNK = 256


def no_progress(stage: str, done: int, total: int) -> None:
    """For callers that show none."""


def no_word(line: str) -> None:
    """For callers that tell nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Rows with their vectors (n, width), and word states for those with entity labels."""

    rows: tuple[LabelledText, ...]
    vectors: NDArray[np.float32]
    encoded: tuple[Encoded, ...]

    def only(self, positions: Sequence[int]) -> "Features":
        chosen = list(positions)
        return Features(
            tuple(self.rows[i] for i in chosen), self.vectors[chosen], tuple(self.encoded[i] for i in chosen)
        )

    def cut(self, *sizes: int) -> "list[Features]":
        """Pieces of these sizes in order, and one of the rest."""
        borders = [0, *itertools.accumulate(sizes), len(self.rows)]
        return [self.only(range(start, end)) for start, end in itertools.pairwise(borders)]

    def with_intent(self) -> "Features":
        return self.only([i for i, row in enumerate(self.rows) if row.intent])

    def tagged(self) -> list[TaggedText]:
        """Rows whose entities are known (maybe none in them)."""
        return [
            TaggedText(word_input(one.word_states, one.cases), one.words, row.entities)
            for row, one in zip(self.rows, self.encoded, strict=True)
            if row.entities is not None
        ]


def joined(parts: Sequence[Features]) -> Features:
    """Several features as one."""
    return Features(
        tuple(row for part in parts for row in part.rows),
        np.concatenate([part.vectors for part in parts]),
        tuple(one for part in parts for one in part.encoded),
    )


def encode_rows(
    rows: Sequence[LabelledText],
    folder: Path,
    precision: str,
    progress: Progress = no_progress,
    *,
    words: Mapping[str, int] | None = None,
    head: LinearHead | None = None,
) -> Features:
    """Encode rows with the release's own ONNX file, on all cores: a session with one thread is fastest on short texts.

    `words` are those customers are known to write: others are read as the nearest of them, as in serving. `head` finds
    the gist of long texts."""
    encoder = Encoder(folder / f"encoder.{precision}.onnx", folder / "tokenizer.json", threads=1)
    speller, reader = Speller(words or {}, encoder), GistReader(encoder, head)
    texts = [row.for_encoder for row in rows]
    chunks = [texts[start : start + CHUNK] for start in range(0, len(texts), CHUNK)]
    found: list[Encoded] = []
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for encoded in pool.map(lambda chunk: [speller.encode(text, reader) for text in chunk], chunks):
            found += encoded
            progress("encoding", len(found), len(texts))
    vectors = np.stack([one.vector for one in found]) if found else np.zeros((0, encoder.width), np.float32)
    return Features(tuple(rows), vectors, tuple(found))
