"""A file to import, the options to read it with, and what comes out of it."""

import contextlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from training.errors import TrainingError
from training.text_files import Watch, WrongEncoding, lines_of, open_text
from training.turns import Dialogue

HEAD_CHARS = 1 << 18
UNIX_TIME = re.compile(r"[0-9]{9,10}(\.[0-9]+)?|[0-9]{12,13}")
MILLISECONDS = 1e11
MAX_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Options:
    """How to read a file. Columns are names of the header or numbers from 1; "" is found out.

    `agents`, `customers`, `bots`: who is who, as named in the file. `not_speakers`: what looks like
    a name before a colon, but isn't one. `out_of_scope`: intents that mean the desk isn't for it."""

    text: str = ""
    intent: str = ""
    sentiment: str = ""
    answer: str = ""
    speaker: str = ""
    conversation: str = ""
    time: str = ""
    has_header: bool | None = None  # None: found out
    agents: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    bots: tuple[str, ...] = ()
    not_speakers: tuple[str, ...] = ()
    gap_hours: float = 24.0  # a pause this long ends a dialogue of a chat
    out_of_scope: tuple[str, ...] = ()
    encoding: str = ""  # "": by the byte order mark, else UTF-8


@dataclass(frozen=True, slots=True)
class Found:
    """A dialogue and the line it begins at. Its id is "" where the file gives none."""

    dialogue: Dialogue
    line: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """What was not taken over, and why; `reason` is the same for all of a kind, `met` is this one's text.

    With `is_part` only a piece is missing (a time, a field); the dialogue itself was read."""

    place: str
    reason: str
    met: str = ""
    is_part: bool = False


Item = Found | Skipped


@dataclass(slots=True)
class Source:
    """A file, plain or gzipped whatever it is called; errors in it are a TrainingError with its name.

    `names` counts the speakers its importer meets, `notes` tell what it made of the file."""

    path: Path
    encoding: str = ""
    watch: Watch | None = None
    names: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    @contextlib.contextmanager
    def open(self, *, newline: str | None = None) -> Iterator[IO[str]]:
        """The text of the file."""
        try:
            with open_text(self.path, encoding=self.encoding, newline=newline, watch=self.watch) as file:
                yield file
        except WrongEncoding as error:
            raise TrainingError(f"{error}; --encoding names another, such as cp1252 or gb18030") from error

    def lines(self) -> Iterator[tuple[int, str]]:
        """The lines with their numbers from 1."""
        with self.open() as file:
            yield from lines_of(file, self.path)

    def head(self) -> str:
        """The beginning of the file in whole lines, to find out what it is."""
        with self.open() as file:
            head = file.read(HEAD_CHARS)
        if "\0" in head:
            raise TrainingError(
                f"{self.path}: met NUL characters, wanted a text; --encoding utf-16-le or utf-16-be may be it"
            )
        return head if len(head) < HEAD_CHARS else head[: head.rfind("\n") + 1] or head

    def skipped(self, line: int, reason: str, met: object = "", *, is_part: bool = False) -> Skipped:
        shown = " ".join(str(met).split())
        shown = shown if len(shown) <= MAX_SHOWN else f"{shown[:MAX_SHOWN]}..."
        return Skipped(f"{self.path}:{line}", reason, shown, is_part)


Importer = Callable[[Source, Options], Iterator[Item]]


def parse_time(text: str) -> datetime | None:
    """A moment from ISO 8601 or Unix seconds or milliseconds; without a zone it is UTC. None for anything else.

    Forms such as 02/03/2026 are not guessed at: half the world reads them the other way round."""
    try:
        if UNIX_TIME.fullmatch(text):
            seconds = float(text)
            return datetime.fromtimestamp(seconds if seconds < MILLISECONDS else seconds / 1000, UTC)
        moment = datetime.fromisoformat(text.strip().removesuffix(" UTC"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
