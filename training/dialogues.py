"""Dialogues: the one format everything is learned from, read strictly and written whole.

JSONL, one dialogue a line; docs/formats.md describes every field and dialogue.schema.json is its JSON Schema."""

import contextlib
import gzip
import io
import json
import os
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from training.dialogue_fields import Problems, as_dialogue
from training.errors import TrainingError
from training.turns import OUT_OF_SCOPE, Dialogue, DialogueTurn, EntityLabel

__all__ = [
    "OUT_OF_SCOPE",
    "BadDialogue",
    "Dialogue",
    "DialogueTurn",
    "EntityLabel",
    "as_json",
    "dialogue_files",
    "open_text",
    "problems",
    "read_dialogues",
    "write_dialogues",
    "write_files",
]


class BadDialogue(TrainingError):
    """A line of a dialogue file isn't a dialogue; the text names file, line, field, value met and wanted."""


def open_text(path: Path) -> IO[str]:
    """Open a file or a .gz as UTF-8 text; a byte order mark is no part of it."""
    if path.suffix == ".gz":
        return io.TextIOWrapper(gzip.open(path), "utf-8-sig")
    return path.open(encoding="utf-8-sig")


def dialogue_files(workspace: Path) -> list[Path]:
    """The dialogue files of a workspace, by name."""
    folder = workspace / "dialogues"
    return sorted([*folder.glob("*.jsonl"), *folder.glob("*.jsonl.gz")])


def read_dialogues(paths: Iterable[Path]) -> Iterator[Dialogue]:
    """Read dialogues one by one, in order; ids are unique over all files.

    Raises BadDialogue at the first line that isn't one."""
    for found in _checked(paths):
        if isinstance(found, str):
            raise BadDialogue(found)
        yield found


def problems(paths: Iterable[Path]) -> Iterator[str]:
    """Every problem of the files: "file:line: field: met ..., wanted ..."."""
    return (found for found in _checked(paths) if isinstance(found, str))


def _checked(paths: Iterable[Path]) -> Iterator[Dialogue | str]:
    """Each line's dialogue, or what is wrong with it."""
    places: dict[str, str] = {}
    for path in paths:
        try:
            with open_text(path) as file:
                for number, line in enumerate(file, 1):
                    if line.strip():
                        yield from _check_line(line, f"{path}:{number}", places)
        except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
            yield f"{path}: can't be read: {error}"


def _check_line(line: str, place: str, places: dict[str, str]) -> Iterator[Dialogue | str]:
    wrong = Problems()
    try:
        dialogue = as_dialogue(json.loads(line, object_pairs_hook=_unique), wrong)
    except json.JSONDecodeError as error:
        yield f"{place}: not JSON: {error.msg} at column {error.colno}"
        return
    except (ValueError, RecursionError) as error:
        yield f"{place}: not JSON: {error}"
        return
    if dialogue is not None and dialogue.id in places:
        wrong.add("id", dialogue.id, f"an id of its own: {places[dialogue.id]} has it already")
    elif dialogue is not None:
        places[dialogue.id] = place
        yield dialogue
    yield from (f"{place}: {problem}" for problem in wrong.found)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys all differ; json would quietly keep the last of two."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [key for key, _ in pairs]
        raise ValueError(f"the key {next(name for name in names if names.count(name) > 1)!r} stands twice")
    return found


def write_dialogues(path: Path, dialogues: Iterable[Dialogue]) -> int:
    """Write a file whole or not at all; how many dialogues it holds.

    Raises TrainingError when the disk won't take it; what stood there before stays."""
    return write_files({path: dialogues})[path]


def write_files(contents: Mapping[Path, Iterable[Dialogue]]) -> dict[Path, int]:
    """Write several files; none is touched before all are safely on the disk.

    Returns how many dialogues each holds. Raises TrainingError."""
    counts: dict[Path, int] = {}
    with contextlib.ExitStack() as unfinished:
        ready: list[tuple[Path, Path]] = []
        for path, dialogues in contents.items():
            try:
                temporary, counts[path] = _write_beside(path, dialogues, unfinished)
                ready.append((temporary, path))
            except OSError as error:
                raise TrainingError(f"{path}: can't be written: {error.strerror or error}") from error
        for temporary, path in ready:
            try:
                temporary.replace(path)
            except OSError as error:
                raise TrainingError(f"{path}: can't be written: {error.strerror or error}") from error
    return counts


def _write_beside(
    path: Path, dialogues: Iterable[Dialogue], unfinished: contextlib.ExitStack
) -> tuple[Path, int]:
    """A temporary file in the same folder, so that it can be renamed; removed should it stay unfinished."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    temporary = Path(name)
    unfinished.callback(temporary.unlink, missing_ok=True)
    count = 0
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        for count, dialogue in enumerate(dialogues, 1):  # noqa: B007
            file.write(json.dumps(as_json(dialogue), ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.chmod(0o644)
    return temporary, count


def as_json(dialogue: Dialogue) -> dict[str, Any]:
    """One line's content; what isn't known is left out."""
    found: dict[str, Any] = {"id": dialogue.id, "channel": dialogue.channel}
    found |= {
        "started_at": _time(dialogue.started_at),
        "ended_at": _time(dialogue.ended_at),
        "outcome": dialogue.outcome,
    }
    return {
        **{k: v for k, v in found.items() if v is not None},
        "turns": [_turn(turn) for turn in dialogue.turns],
    }


def _turn(turn: DialogueTurn) -> dict[str, Any]:
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
