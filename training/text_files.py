"""Text files, plain or gzipped, read line by line; what can't be read is told with its line."""

import codecs
import contextlib
import gzip
import io
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from training.errors import TrainingError

GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGIC = b"PK\x03\x04"
MAX_LINE_CHARS = 1 << 24
Watch = Callable[[Path, float], None]  # told as a file is read: which, and how much of it (0..1)


class WrongEncoding(TrainingError):
    """A text holds bytes that its encoding doesn't have."""


class _WatchedFile(io.FileIO):
    """A file that tells how much of it has been read."""

    def __init__(self, path: Path, watch: Watch | None) -> None:
        super().__init__(path)
        self._path, self._watch = path, watch
        self._size = max(1, os.fstat(self.fileno()).st_size)

    def readinto(self, buffer: Any) -> int:
        n_read = super().readinto(buffer)
        if self._watch is not None:
            self._watch(self._path, min(1.0, self.tell() / self._size))
        return n_read or 0


@contextlib.contextmanager
def open_text(
    path: Path, *, encoding: str = "", newline: str | None = None, watch: Watch | None = None
) -> Iterator[IO[str]]:
    """Open a text, gzipped or not whatever it is called; a byte order mark is no part of it.

    `encoding`: "" is UTF-8, or UTF-16 where a mark says so. Raises TrainingError, also from within."""
    if encoding and not _is_encoding(encoding):
        raise TrainingError(f"encoding {encoding!r}: wanted one that Python knows, such as cp1252 or gb18030")
    chosen = encoding
    try:
        with _open_bytes(path, watch) as content:
            chosen = chosen or _by_mark(content.peek(4))
            with io.TextIOWrapper(content, chosen, newline=newline) as text:
                yield text
    except UnicodeDecodeError as error:
        raise WrongEncoding(_misread(path, chosen, error)) from error
    except (OSError, EOFError, zlib.error) as error:
        raise TrainingError(f"{path}: can't be read: {getattr(error, 'strerror', None) or error}") from error


def lines_of(file: IO[str], path: Path) -> Iterator[tuple[int, str]]:
    """Lines with their numbers from 1.

    Raises TrainingError at one that would fill the memory."""
    lines = iter(lambda: file.readline(MAX_LINE_CHARS + 1), "")
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_LINE_CHARS:
            raise TrainingError(
                f"{path}:{number}: met a line of more than {MAX_LINE_CHARS:,} characters, wanted a shorter one"
            )
        yield number, line


@contextlib.contextmanager
def _open_bytes(path: Path, watch: Watch | None = None) -> Iterator[Any]:
    with io.BufferedReader(_WatchedFile(path, watch)) as raw:
        if raw.peek(2).startswith(GZIP_MAGIC):
            with gzip.GzipFile(fileobj=raw) as content:
                yield content
        else:
            yield raw


def _by_mark(first: bytes) -> str:
    return "utf-16" if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"


def _is_encoding(name: str) -> bool:
    try:
        io.TextIOWrapper(io.BytesIO(), name)
    except (LookupError, ValueError):
        return False
    return True


def _misread(path: Path, encoding: str, error: UnicodeDecodeError) -> str:
    """Which line it is; the error itself knows only where in some piece of the file it happened."""
    with _open_bytes(path) as content:
        if content.peek(4).startswith(ZIP_MAGIC):
            return f"{path}: met a ZIP archive or a workbook, wanted a text (save a sheet as CSV)"
        place, bad = str(path), error.object[error.start : error.start + 1]
        is_by_bytes = not encoding.lower().startswith(("utf-16", "utf_16", "utf-32", "utf_32"))
        for number, line in enumerate(content if is_by_bytes else (), 1):
            try:
                line.decode(encoding)
            except UnicodeDecodeError as in_line:
                place, bad = f"{path}:{number}", line[in_line.start : in_line.start + 1]
                break
    return f"{place}: met the byte 0x{bad.hex()}, wanted {encoding.removesuffix('-sig').upper()}"
