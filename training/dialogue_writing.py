"""Dialogues are written whole or not at all: aside first, then all files are put in place."""

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from training.errors import TrainingError
from training.turns import Dialogue, DialogueTurn

ASIDE = ".unfinished"


class Writing:
    """Files of one folder being written; none of them shows before `place`.

    One writer at a time; what a killed one left aside is cleared away by the next."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ready: dict[Path, Path] = {}
        self._lock = -1

    def __enter__(self) -> "Writing":
        with _no_failure(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self._folder, os.O_RDONLY)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._clear()
        except OSError as error:
            os.close(self._lock)
            raise TrainingError(f"{self._folder}: another import or export is writing here") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear()
        os.close(self._lock)

    def write(self, path: Path, dialogues: Iterable[Dialogue], *, after: Path | None = None) -> int:
        """Write a file aside: what `after` holds, then the dialogues; how many of these there were."""
        aside = path.with_name(f".{path.name}{ASIDE}")
        n_written = 0
        with _no_failure(path), aside.open("wb") as file:
            if after is not None and after.exists():
                with after.open("rb") as before:
                    shutil.copyfileobj(before, file)
                file.write(_line_end(after))
            for dialogue in dialogues:
                file.write(json.dumps(as_json(dialogue), ensure_ascii=False).encode() + b"\n")
                n_written += 1
            file.flush()
            os.fsync(file.fileno())
        self._ready[path] = aside
        return n_written

    def drop(self, path: Path) -> None:
        """Leave a file as it was."""
        self._ready.pop(path).unlink()

    def place(self) -> list[Path]:
        """Put every file that was written where it belongs, and tell which."""
        for path, aside in self._ready.items():
            with _no_failure(path):
                aside.replace(path)
        return list(self._ready)

    def _clear(self) -> None:
        for left in self._folder.glob(f".*{ASIDE}"):
            left.unlink(missing_ok=True)


def write_dialogues(path: Path, dialogues: Iterable[Dialogue]) -> int:
    """Write a file whole or not at all; how many dialogues it holds.

    Raises TrainingError when the disk won't take it; what stood there before stays."""
    with Writing(path.parent) as writing:
        count = writing.write(path, dialogues)
        writing.place()
    return count


@contextlib.contextmanager
def _no_failure(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TrainingError(f"{path}: can't be written: {error.strerror or error}") from error


def _line_end(path: Path) -> bytes:
    """What has to follow before another line may begin."""
    with path.open("rb") as file:
        if not file.seek(0, os.SEEK_END):
            return b""
        file.seek(-1, os.SEEK_END)
        return b"" if file.read() == b"\n" else b"\n"


def as_json(dialogue: Dialogue) -> dict[str, Any]:
    """One line's content; what isn't known is left out."""
    found: dict[str, Any] = {
        "id": dialogue.id,
        "channel": dialogue.channel or None,
        "started_at": _time(dialogue.started_at),
        "ended_at": _time(dialogue.ended_at),
        "outcome": dialogue.outcome,
        "turns": [turn_as_json(turn) for turn in dialogue.turns],
    }
    return {key: value for key, value in found.items() if value is not None}


def turn_as_json(turn: DialogueTurn) -> dict[str, Any]:
    """A turn in a line; what isn't known is left out."""
    found: dict[str, Any] = {"speaker": turn.speaker, "text": turn.text, "at": _time(turn.at)}
    if len(turn.intents) > 1:
        found["intents"] = list(turn.intents)
    elif turn.intents:
        found["intent"] = turn.intents[0]
    if turn.entities is not None:
        found["entities"] = [
            {"start": e.start, "end": e.end, "label": e.label, **({"value": e.value} if e.value else {})}
            for e in turn.entities
        ]
    found |= {"sentiment": turn.sentiment, "answer": turn.answer}
    return {key: value for key, value in found.items() if value is not None}


def _time(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None
