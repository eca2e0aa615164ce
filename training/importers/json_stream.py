"""JSON read piece by piece, for documents that are larger than the memory."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from training.errors import TrainingError

CHUNK = 1 << 16
MAX_VALUE = 1 << 24  # characters
WHITESPACE = " \t\r\n"
UNFINISHED = 2  # characters: "1." and "1e+" may be the beginnings of a longer number


class JsonStream:
    """A document from its beginning to its end. Whoever walks through an array or object takes each value
    in turn: by `value`, `skip`, or by walking through it.

    Raises TrainingError where it isn't JSON."""

    def __init__(self, file: IO[str], path: Path) -> None:
        self._file, self._path = file, path
        self._decoder = json.JSONDecoder()
        self._text, self._at = "", 0
        self._line, self._counted = 1, 0

    @property
    def line(self) -> int:
        """The line that has been read up to, from 1."""
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def peek(self) -> str:
        """The character the next value begins with; "" at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in WHITESPACE:
                self._at += 1
            if self._at < len(self._text) or not self._read_more():
                return self._text[self._at : self._at + 1]

    def value(self) -> Any:
        """The next value, as a whole."""
        self.peek()
        while True:
            try:
                found, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if len(self._text) - self._at > MAX_VALUE or not self._read_more():
                    raise self._broken(error.msg.removesuffix(" starting at"), error.pos) from error
                continue
            except RecursionError as error:
                raise self._broken("nested too deeply", self._at) from error
            except ValueError as error:
                raise self._broken("a number of thousands of digits", self._at) from error
            if len(self._text) - end > UNFINISHED or not self._read_more():
                self._at = end
                return found

    def members(self) -> Iterator[str]:
        """The keys of an object."""
        for _ in self._entries("{", "}"):
            if self.peek() != '"':
                raise self._broken("Expecting a key in double quotes", self._at)
            key: str = self.value()
            self._take(":")
            yield key

    def items(self) -> Iterator[int]:
        """The places 0, 1, 2, ... of an array."""
        yield from self._entries("[", "]")

    def skip(self) -> None:
        """Leave out the next value, whatever its size."""
        first = self.peek()
        if first not in ("{", "["):
            self.value()
            return
        for _ in self.members() if first == "{" else self.items():
            self.skip()

    def end(self) -> None:
        """Check that nothing follows."""
        if self.peek():
            raise self._broken("Extra data", self._at)

    def _entries(self, first: str, last: str) -> Iterator[int]:
        self._take(first)
        n_met = 0
        while self.peek() != last or n_met:
            yield n_met
            n_met += 1
            if self.peek() == last:
                break
            self._take(",")
        self._take(last)

    def _take(self, wanted: str) -> None:
        if self.peek() != wanted:
            raise self._broken(f"Expecting {wanted!r}", self._at)
        self._at += 1

    def _broken(self, why: str, at: int) -> TrainingError:
        line = self.line + self._text.count("\n", self._at, at)
        return TrainingError(f"{self._path}:{line}: not JSON: {why}")

    def _read_more(self) -> bool:
        """Read on, and let go of what has been taken."""
        chunk = self._file.read(max(CHUNK, len(self._text) - self._at))
        if not chunk:
            return False
        self._line = self.line
        self._text = self._text[self._at :] + chunk
        self._at = self._counted = 0
        return True
