"""A workspace's answers/*.yaml: read once until they change, checked as the desk reads them, written whole or not at all."""

import asyncio
import contextlib
import fcntl
import os
import stat
import tempfile
import time
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.editing.entries import Entry, entries_of
from bot.editing.errors import EditRefused, FilesBusy
from bot.errors import BotError
from bot.texts import check_actions
from retrieval.answer_files import load_answers
from retrieval.answers import AnswerBook
from retrieval.errors import RetrievalError

LOCK = Path(".kefu", "answers.lock")  # in the workspace
PATIENCE_S = 10.0
POLL_S = 0.02


Stamp = tuple[int, int, int]  # of a file: changes with it


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer stands: the file's name, and which entry of it."""

    file: str
    index: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The files as they were at one moment. `book` is None where they can't be used; `problem` says why."""

    texts: Mapping[str, str]  # by file name
    book: AnswerBook | None
    problem: str = ""
    stamps: Mapping[str, Stamp] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)  # by answer id


class AnswerFiles:
    """The answers of one workspace; `actions` are those kefu.toml knows."""

    def __init__(self, workspace: Path, actions: Collection[str]) -> None:
        self.folder = workspace / "answers"
        self._lock = workspace / LOCK
        self._actions = actions
        self._known: Snapshot | None = None

    def read(self) -> Snapshot:
        """The files as they are now; takes a second where they changed, so not in the event loop."""
        stamps = {path.name: _stamp(path) for path in self._paths()}
        if self._known is None or self._known.stamps != stamps:
            texts = {path.name: _text(path) for path in self._paths()}
            try:
                book, problem = self.check(texts), ""
            except EditRefused as error:
                book, problem = None, str(error)
            self._known = Snapshot(texts, book, problem, stamps, _places(texts))
        return self._known

    def remember(self, found: Snapshot, book: AnswerBook, put: "Prepared", text: str) -> None:
        """Take what was just written, and checked before, for read."""
        texts = {**found.texts, put.name: text}
        self._known = Snapshot(texts, book, "", {**found.stamps, put.name: put.stamp}, _places(texts))

    def check(self, texts: Mapping[str, str]) -> AnswerBook:
        """What the desk would read from such files. Raises EditRefused with what it would say against them."""
        with tempfile.TemporaryDirectory(prefix="kefu-answers-") as scratch:
            folder = Path(scratch) / self.folder.name
            folder.mkdir()
            for name, text in texts.items():
                (folder / name).write_bytes(text.encode("utf-8", "surrogateescape"))
            try:
                book = load_answers(folder)
                check_actions(book, self._actions)
            except (RetrievalError, BotError) as error:
                raise EditRefused(str(error).replace(f"{scratch}{os.sep}", "")) from error
        return book

    def prepare(self, found: Snapshot, name: str, text: str) -> "Prepared":
        """Write a file's new text beside it, ready to take the place of what was `found`.

        Raises EditRefused where the disk won't."""
        target = (self.folder / name).resolve()  # a link stays a link
        path = None
        try:
            handle, name_beside = tempfile.mkstemp(
                prefix=f".{target.name}.", suffix=".new", dir=target.parent
            )
            path = Path(name_beside)
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
            path.chmod(stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o644)
        except OSError as error:
            if path is not None:
                path.unlink(missing_ok=True)
            raise EditRefused(f"answers/{name} can't be written: {error.strerror}") from error
        return Prepared(name, path, target, found.stamps.get(name), _stamp(path))

    @asynccontextmanager
    async def lock(self) -> AsyncIterator[None]:
        """Be the only one of all processes that share the folder who changes it. Raises FilesBusy, EditRefused."""
        try:
            self._lock.parent.mkdir(exist_ok=True)
            gate = self._lock.open("a")
        except OSError as error:
            raise EditRefused(f"{self._lock} can't be written: {error.strerror}") from error
        with gate:
            deadline = time.monotonic() + PATIENCE_S
            while not _take(gate.fileno()):
                if time.monotonic() > deadline:
                    raise FilesBusy(f"{self._lock}: held for {PATIENCE_S:.0f} s; another change doesn't end")
                await asyncio.sleep(POLL_S)
            yield  # closing the file gives the lock back

    def _paths(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("*.yaml") if path.is_file())


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file that waits to take another's place; `was` is the stamp of what it was made from, None for a new file,
    `stamp` its own, which it keeps."""

    name: str
    path: Path
    target: Path
    was: Stamp | None
    stamp: Stamp

    def publish(self) -> None:
        """Put it there at once: whoever reads sees the old file or the new one. Raises EditRefused where somebody wrote
        the file meanwhile without asking for the lock."""
        if self.was != (_stamp(self.target) if self.target.exists() else None):
            raise EditRefused(f"answers/{self.name} was written by another program this moment; try again")
        self.path.replace(self.target)
        with contextlib.suppress(OSError):  # not every file system lets a folder be synced
            folder = os.open(self.target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def drop(self) -> None:
        """Leave everything as it was."""
        self.path.unlink(missing_ok=True)


def _stamp(path: Path) -> Stamp:
    met = path.stat()
    return met.st_mtime_ns, met.st_size, met.st_ino


def _text(path: Path) -> str:
    """As it is, also where it isn't UTF-8: then the check says so."""
    return path.read_bytes().decode("utf-8", "surrogateescape")


def _places(texts: Mapping[str, str]) -> dict[str, Place]:
    places: dict[str, Place] = {}
    for name, text in texts.items():
        with contextlib.suppress(EditRefused):
            for index, entry in enumerate(entries_of(text)):
                places.setdefault(entry.id, Place(name, index, entry))
    return places


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
