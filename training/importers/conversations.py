"""Turns put together by the name of their conversation, wherever in a file they stand."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from types import TracebackType
from typing import cast

from training.dialogue_fields import Problems, as_turn
from training.dialogue_writing import turn_as_json
from training.turns import DialogueTurn


@dataclass(frozen=True, slots=True)
class Placed:
    """A turn, its line, and the number it has in its conversation where the file gives one."""

    line: int
    number: float | None
    turn: DialogueTurn


class Conversations:
    """Turns wait in a temporary file of SQLite's, so that only one conversation is in memory at a time."""

    def __enter__(self) -> "Conversations":
        self._numbers: dict[str, int] = {}  # in the order of their first lines
        self._file = sqlite3.connect("")
        self._file.execute("CREATE TABLE turns (conversation INTEGER, line INTEGER, number REAL, turn TEXT)")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, conversation: str, placed: Placed) -> None:
        row = (
            self._numbers.setdefault(conversation, len(self._numbers)),
            placed.line,
            placed.number,
            json.dumps(turn_as_json(placed.turn)),
        )
        self._file.execute("INSERT INTO turns VALUES (?, ?, ?, ?)", row)

    def each(self) -> Iterator[list[Placed]]:
        """The turns of one conversation after the other, as they stand in the file."""
        rows = self._file.execute("SELECT * FROM turns ORDER BY conversation, rowid")
        for _, members in groupby(rows, key=lambda row: row[0]):
            yield [Placed(line, number, _turn(turn)) for _, line, number, turn in members]


def _turn(row: str) -> DialogueTurn:
    return cast(DialogueTurn, as_turn(json.loads(row), "turn", Problems()))
