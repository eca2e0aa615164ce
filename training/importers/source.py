"""A file to import, the options to read it with, and what comes out of it."""

import codecs
import contextlib
import gzip
import io
import os
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, BinaryIO

from training.errors import TrainingError
from training.turns import Dialogue

GZIP_MAGIC = b"\x1f\x8b"
HEAD_CHARS = 1 << 18
MAX_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Options:
    """How to read a file. Columns are names of the header or numbers from 1; "" is found out.

    `agents`, `customers`, `bots`: who is who, as named in the file. `not_speakers`: what looks like
    a name before a colon, but isn't one. `out_of_scope`: intents that mean the desk isn't for it."""

    text: str = ""
    intent: str = ""
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
    """A file, plain or gzipped whatever it is called; errors in it are a TrainingError with its name."""

    path: Path
    encoding: str = ""
    _raw: BinaryIO | None = field(default=None, init=False)

    @contextlib.contextmanager
    def open(self, *, newline: str | None = None) -> Iterator[IO[str]]:
        """The text of the file."""
        try:
            with self.path.open("rb") as raw:
                self._raw = raw
                is_gzip = raw.peek(2).startswith(GZIP_MAGIC)
                content = gzip.GzipFile(fileobj=raw) if is_gzip else raw
                encoding = self.encoding or _by_mark(content.peek(4))
                with io.TextIOWrapper(content, encoding, newline=newline) as text:
                    yield text
        except (UnicodeDecodeError, LookupError) as error:
            raise TrainingError(
                f"{self.path}: {error}; --encoding names another one, such as cp1252 or gb18030"
            ) from error
        except (OSError, EOFError, zlib.error) as error:
            raise TrainingError(f"{self.path}: can't be read: {error}") from error

    def head(self) -> str:
        """The beginning of the file in whole lines, to find out what it is."""
        with self.open() as file:
            head = file.read(HEAD_CHARS)
        return head if len(head) < HEAD_CHARS else head[: head.rfind("\n") + 1] or head

    @property
    def share_read(self) -> float:
        """How much of the file has been read, 0..1."""
        if self._raw is None or self._raw.closed:
            return 0.0
        return self._raw.tell() / max(1, os.fstat(self._raw.fileno()).st_size)

    def skipped(self, line: int, reason: str, met: object = "", *, is_part: bool = False) -> Skipped:
        shown = " ".join(str(met).split())
        shown = shown if len(shown) <= MAX_SHOWN else f"{shown[:MAX_SHOWN]}..."
        return Skipped(f"{self.path}:{line}", reason, shown, is_part)


Importer = Callable[[Source, Options], Iterator[Item]]


def _by_mark(first: bytes) -> str:
    return "utf-16" if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"


def parse_time(text: str) -> datetime | None:
    """A moment from ISO 8601 or Unix seconds; without a zone it is UTC. None for anything else.

    Forms such as 02/03/2026 are not guessed at: half the world reads them the other way round."""
    try:
        if text.replace(".", "", 1).isdigit() and len(text.partition(".")[0]) in (9, 10):
            return datetime.fromtimestamp(float(text), UTC)
        moment = datetime.fromisoformat(text.strip().removesuffix(" UTC"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
