"""Labelled examples in FAISS; grows while the desk runs."""

import json
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from retrieval.candidates import Neighbour
from retrieval.errors import RetrievalError
from retrieval.words import WordCounts

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled customer text. `correction_id` is set for those learned since the release was trained."""

    text: str
    intent: str
    correction_id: int | None = None


class Memory:
    """Examples with their vectors (width,), length 1, searched by cosine, and the words in them.

    `learn` and `unlearn` may run beside searches in other threads: a search sees the memory as it was
    before or after, never between."""

    def __init__(self, examples: Sequence[Example], vectors: Vector) -> None:
        if len(examples) != len(vectors):
            raise RetrievalError(f"the memory has {len(examples)} examples but {len(vectors)} vectors")
        self._lock = threading.Lock()
        self._examples = dict(enumerate(examples))
        self._next_id = len(examples)
        self._words = WordCounts((example.text, example.intent) for example in examples)
        self._n_of_intent = Counter(example.intent for example in examples)
        self._ids_of_text: dict[str, list[int]] = {}
        for key, example in self._examples.items():
            self._ids_of_text.setdefault(example.text.casefold(), []).append(key)
        self._displaced: dict[
            int, list[tuple[Example, Vector]]
        ] = {}  # by the correction that took their place
        self._index = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
        if len(examples):
            self._index.add_with_ids(np.ascontiguousarray(vectors, np.float32), np.arange(len(examples)))

    def __len__(self) -> int:
        return len(self._examples)

    @property
    def intents(self) -> tuple[str, ...]:
        """Every intent that has an example."""
        with self._lock:
            return tuple(self._n_of_intent)

    def search(self, vector: Vector, k: int) -> list[tuple[Example, float]]:
        """The k nearest examples with their cosine, nearest first."""
        with self._lock:
            similarities, ids = self._index.search(vector.reshape(1, -1), min(k, max(1, len(self._examples))))
            return [
                (self._examples[int(i)], float(s))
                for i, s in zip(ids[0], similarities[0], strict=True)
                if i >= 0
            ]

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
            keys = list(self._ids_of_text.get(example.text.casefold(), ()))
            if example.correction_id is not None:
                self._displaced[example.correction_id] = [
                    (self._examples[key], np.asarray(self._index.reconstruct(key))) for key in keys
                ]
            self._drop(keys)
            self._add(example, vector)

    def unlearn(self, correction_id: int) -> bool:
        """Remove what a correction taught, and bring back what gave way to it; False if it isn't there."""
        with self._lock:
            keys = [key for key, known in self._examples.items() if known.correction_id == correction_id]
            back = self._displaced.pop(correction_id, [])
            if not keys:
                return self._forget_displaced(correction_id, back)
            self._drop(keys)
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
        self._index.add_with_ids(vector.reshape(1, -1).astype(np.float32), np.array([self._next_id]))
        self._examples[self._next_id] = example
        self._ids_of_text.setdefault(example.text.casefold(), []).append(self._next_id)
        self._n_of_intent[example.intent] += 1
        self._words.add(example.text, example.intent)
        self._next_id += 1

    def _drop(self, keys: Sequence[int]) -> None:
        if keys:
            self._index.remove_ids(faiss.IDSelectorBatch(np.array(keys, np.int64)))
        for key in keys:
            example = self._examples.pop(key)
            self._words.remove(example.text, example.intent)
            self._ids_of_text[example.text.casefold()].remove(key)
            self._n_of_intent[example.intent] -= 1
            if not self._n_of_intent[example.intent]:
                del self._n_of_intent[example.intent]

    def save(self, index: Path, examples: Path) -> None:
        """Write the index and, line by line in its order, the examples.

        Raises OSError when the disk won't take them."""
        with self._lock:
            rows = list(self._examples.items())
            vectors = (
                np.stack([self._index.reconstruct(key) for key, _ in rows]) if rows else np.zeros((0, 1))
            )
            flat = faiss.IndexFlatIP(vectors.shape[1])
            flat.add(np.ascontiguousarray(vectors, np.float32))
            try:
                faiss.write_index(flat, str(index))
            except RuntimeError as error:
                raise OSError(f"{index}: {error}") from error
            lines = (json.dumps({"text": e.text, "intent": e.intent}, ensure_ascii=False) for _, e in rows)
            examples.write_text("".join(f"{line}\n" for line in lines), "utf-8")


def load_memory(index: Path, examples: Path) -> Memory:
    """Read what `Memory.save` wrote.

    Raises RetrievalError naming the file if it can't be read or the two don't fit."""
    try:
        flat = faiss.read_index(str(index))
        vectors = flat.reconstruct_n(0, flat.ntotal)
    except (RuntimeError, AttributeError) as error:  # FAISS reads "null" as no index at all
        raise RetrievalError(f"{index}: not a FAISS index: {error}") from error
    try:
        lines = examples.read_text("utf-8").rstrip("\n").split("\n")  # a text may hold other line ends
    except (OSError, UnicodeDecodeError) as error:
        raise RetrievalError(f"{examples}: can't be read: {error}") from error
    found = []
    for number, line in enumerate(filter(None, lines), 1):
        try:
            row = json.loads(line)
            found.append(Example(row["text"], row["intent"]))
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise RetrievalError(f"{examples}:{number}: not an example: {error!r}") from error
    if len(found) != len(vectors):
        raise RetrievalError(
            f"{examples}: {len(found)} examples, but {index.name} holds {len(vectors)} vectors"
        )
    return Memory(found, vectors)


def as_neighbours(found: Sequence[tuple[Example, float]]) -> tuple[Neighbour, ...]:
    return tuple(Neighbour(example.text, example.intent, similarity) for example, similarity in found)
