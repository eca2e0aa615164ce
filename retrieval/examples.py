"""Labelled customer texts, kept as the lines of their file: as objects they would take four times the room."""

import json
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled customer text. `correction_id` is set for those learned since the release was trained, `answer_id`
    for those of them whose answer was named."""

    text: str
    intent: str
    correction_id: int | None = None
    answer_id: str | None = None


class Examples:
    """Examples by row. A row keeps its number as long as it is there, and none is given twice.

    Not for use from several threads at a time."""

    def __init__(self, examples: Iterable[Example] = ()) -> None:
        self._lines = bytearray()  # JSON, each with its line end
        self._ends = array("Q")  # of each row's line
        self._owners = array("I")  # each row's intent
        self._number_of: dict[str, int] = {}
        self._n_of_intent: Counter[str] = Counter()
        self._correction_of: dict[int, int] = {}  # by row
        self._row_of: dict[int, int] = {}  # by correction
        self._answer_of: dict[int, str] = {}  # by row
        self._gone: set[int] = set()
        self._hashes = array("Q")  # of each row's text
        self._sort()
        for example in examples:
            self.add(example)
        self._sort()

    @classmethod
    def of_columns(
        cls, lines: bytes, intents: Sequence[str], owners: NDArray[np.uint32], hashes: Hashes
    ) -> "Examples":
        """What `lines` and `columns` gave."""
        found = cls()
        found._lines = bytearray(lines)
        ends = np.flatnonzero(np.frombuffer(lines, np.uint8) == ord("\n")) + 1
        found._ends = array("Q", ends.astype(np.uint64).tobytes())
        found._owners = array("I", owners.astype(np.uint32).tobytes())
        found._number_of = {intent: number for number, intent in enumerate(intents)}
        found._n_of_intent = Counter(
            {intent: int(n) for intent, n in zip(intents, np.bincount(owners), strict=False) if n}
        )
        found._hashes = array("Q", hashes.tobytes())
        found._sort()
        return found

    def lines(self) -> bytes:
        """The examples as JSON Lines, in the order of their rows."""
        gone = sorted(self._gone)
        starts = [0, *(self._ends[row] for row in gone)]
        ends = [*(self._start(row) for row in gone), len(self._lines)]
        kept = memoryview(self._lines)
        return b"".join(kept[start:end] for start, end in zip(starts, ends, strict=True))

    def columns(self) -> tuple[tuple[str, ...], NDArray[np.uint32], Hashes]:
        """All intents there ever were, and of each line of `lines` the intent's number and the text's hash."""
        rows = self.rows()
        owners, hashes = np.array(self._owners, np.uint32), np.array(self._hashes, np.uint64)
        return tuple(self._number_of), owners[rows], hashes[rows]

    def __len__(self) -> int:
        return len(self._ends) - len(self._gone)

    def __getitem__(self, row: int) -> Example:
        read = json.loads(self._line(row).decode("utf-8", "surrogatepass"))
        return Example(read["text"], read["intent"], self._correction_of.get(row), self._answer_of.get(row))

    @property
    def intents(self) -> tuple[str, ...]:
        """Every intent that has an example."""
        return tuple(self._n_of_intent)

    def rows(self) -> NDArray[np.int64]:
        """The rows that are there, ascending."""
        is_there = np.ones(len(self._ends), np.bool_)
        is_there[list(self._gone)] = False
        return np.flatnonzero(is_there)

    def rows_of_text(self, text: str) -> list[int]:
        """The rows with a text, in whatever case."""
        wanted = _hash(text)
        first, last = (np.searchsorted(self._sorted, np.uint64(wanted), side) for side in ("left", "right"))
        found = [*self._order[first:last].tolist(), *self._later.get(wanted, ())]
        return [
            row for row in found if row not in self._gone and self[row].text.casefold() == text.casefold()
        ]

    @property
    def corrected_rows(self) -> list[int]:
        """The rows that corrections taught."""
        return list(self._correction_of)

    def row_of_correction(self, correction_id: int) -> int | None:
        """The row that a correction taught, if it is there."""
        return self._row_of.get(correction_id)

    def add(self, example: Example) -> int:
        """Keep an example; its row, one more than the last."""
        row = len(self._ends)
        line = json.dumps({"text": example.text, "intent": example.intent}, ensure_ascii=False)
        self._lines += f"{line}\n".encode("utf-8", "surrogatepass")
        self._ends.append(len(self._lines))
        self._owners.append(self._number_of.setdefault(example.intent, len(self._number_of)))
        self._n_of_intent[example.intent] += 1
        if example.correction_id is not None:
            self._correction_of[row] = example.correction_id
            self._row_of[example.correction_id] = row
        if example.answer_id is not None:
            self._answer_of[row] = example.answer_id
        self._hashes.append(_hash(example.text))
        self._later.setdefault(self._hashes[row], []).append(row)
        return row

    def remove(self, row: int) -> Example:
        """Take an example away, and its words out of what is kept; the example."""
        example = self[row]
        self._gone.add(row)
        self._lines[self._start(row) : self._ends[row]] = bytes(self._ends[row] - self._start(row))
        self._n_of_intent[example.intent] -= 1
        if not self._n_of_intent[example.intent]:
            del self._n_of_intent[example.intent]
        if example.correction_id is not None:
            del self._correction_of[row], self._row_of[example.correction_id]
        self._answer_of.pop(row, None)
        return example

    def _line(self, row: int) -> bytes:
        return bytes(self._lines[self._start(row) : self._ends[row]])

    def _start(self, row: int) -> int:
        return self._ends[row - 1] if row else 0

    def _sort(self) -> None:
        """Find texts by their hashes in sorted arrays, which take less room than a dict."""
        hashes = np.array(self._hashes, np.uint64)
        self._order = np.argsort(hashes, kind="stable").astype(np.uint32)
        self._sorted = hashes[self._order]
        self._later: dict[int, list[int]] = {}  # rows by hash, since


def _hash(text: str) -> int:
    data = text.casefold().encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "little")
