"""Labelled examples in FAISS; grows while the desk runs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.candidates import Neighbour
from retrieval.errors import RetrievalError
from retrieval.example_files import read_examples, write_examples
from retrieval.examples import Example as Example
from retrieval.examples import Examples
from retrieval.vector_index import VectorIndex
from retrieval.words import WordCounts

Vector = NDArray[np.float32]


class Memory:
    """Examples with their vectors (width,), length 1, searched by cosine, and the words in them.

    `learn` and `unlearn` may run beside searches in other threads: a search sees the memory as it was
    before or after, never between."""

    def __init__(self, examples: Sequence[Example], vectors: Vector) -> None:
        if len(examples) != len(vectors):
            raise RetrievalError(f"the memory has {len(examples)} examples but {len(vectors)} vectors")
        words = WordCounts((example.text, example.intent) for example in examples)
        self._set(Examples(examples), words, VectorIndex.of(vectors))

    @classmethod
    def of_parts(cls, examples: Examples, words: WordCounts, index: VectorIndex) -> "Memory":
        """A memory of what was read from files; the rows of `examples` are those of `index`."""
        memory = cls.__new__(cls)
        memory._set(examples, words, index)
        return memory

    def _set(self, examples: Examples, words: WordCounts, index: VectorIndex) -> None:
        self._lock = index.lock
        self._examples = examples
        self._words = words
        self._index = index
        # What gave way to a correction, by its id.
        self._displaced: dict[int, list[tuple[Example, Vector]]] = {}

    def __len__(self) -> int:
        return len(self._examples)

    @property
    def intents(self) -> tuple[str, ...]:
        """Every intent that has an example."""
        with self._lock:
            return self._examples.intents

    @property
    def kind(self) -> str:
        """How it is searched, in words."""
        return self._index.kind

    def search(self, vector: Vector, k: int) -> list[tuple[Example, float]]:
        """The k nearest examples with their cosine, nearest first; once they are many, nearly all of those."""
        with self._lock:
            rows, cosines = self._index.search(vector, k)
            return [
                (self._examples[row], cosine)
                for row, cosine in zip(rows.tolist(), cosines.tolist(), strict=True)
            ]

    def corrected(self) -> Vector:
        """The vectors of the examples that corrections taught: (n, width)."""
        with self._lock:
            return self._index.vectors(np.array(self._examples.corrected_rows, np.int64))

    def word_scores(self, text: str, intents: Sequence[str]) -> NDArray[np.float64]:
        """How well the words of a text fit each intent: (intents,), see `WordCounts.scores`."""
        with self._lock:
            return self._words.scores(text, intents)

    def learn(self, example: Example, vector: Vector) -> None:
        """Add a correction; examples with the very same text give way while it stands, of the same intent too:
        what staff said must not stand behind what the training found in the dialogues. One that is known already
        teaches nothing new."""
        with self._lock:
            if example.correction_id in self._displaced:
                return
            rows = self._examples.rows_of_text(example.text)
            vectors = self._index.vectors(np.array(rows, np.int64))
            displaced = [(self._drop(row), found) for row, found in zip(rows, vectors, strict=True)]
            if example.correction_id is not None:
                self._displaced[example.correction_id] = displaced
            self._add(example, vector)

    def unlearn(self, correction_id: int) -> bool:
        """Remove what a correction taught, and bring back what gave way to it; False if it isn't there."""
        with self._lock:
            row = self._examples.row_of_correction(correction_id)
            back = self._displaced.pop(correction_id, [])
            if row is None:
                return self._forget_displaced(correction_id, back)
            self._drop(row)
            for example, vector in back:
                self._add(example, vector)
            return True

    def _forget_displaced(self, correction_id: int, back: list[tuple[Example, Vector]]) -> bool:
        """Take a correction that gave way to a later one from among what the later one holds back."""
        for held in self._displaced.values():
            for i, (example, _) in enumerate(held):
                if example.correction_id == correction_id:
                    held[i : i + 1] = back
                    return True
        return False

    def _add(self, example: Example, vector: Vector) -> None:
        self._index.add(vector)
        self._examples.add(example)
        self._words.add(example.text, example.intent)

    def _drop(self, row: int) -> Example:
        self._index.remove(row)
        example = self._examples.remove(row)
        self._words.remove(example.text, example.intent)
        return example

    def save(self, index: Path, examples: Path) -> None:
        """Write the index and, line by line in its order, the examples; searches wait.

        Raises OSError when the disk won't take them."""
        with self._lock:
            self._index.write(index)
            write_examples(self._examples, self._words, examples)

    def wait(self) -> None:
        """Wait until the index is of the kind that is best for so many examples."""
        self._index.wait()


def load_memory(index: Path, examples: Path) -> Memory:
    """Read what `Memory.save` wrote.

    Raises RetrievalError naming the file if it can't be read or the two don't fit."""
    vectors = VectorIndex.read(index)
    found, words = read_examples(examples)
    if len(found) != len(vectors):
        raise RetrievalError(
            f"{examples}: {len(found)} examples, but {index.name} holds {len(vectors)} vectors"
        )
    return Memory.of_parts(found, words, vectors)


def as_neighbours(found: Sequence[tuple[Example, float]]) -> tuple[Neighbour, ...]:
    return tuple(Neighbour(example.text, example.intent, similarity) for example, similarity in found)
