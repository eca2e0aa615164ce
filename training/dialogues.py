"""Dialogues: the one format everything is learned from, read strictly and written whole.

JSONL, one dialogue a line; docs/formats.md describes every field and dialogue.schema.json is its JSON Schema."""

import contextlib
import gzip
import io
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from training.dialogue_fields import BadField, as_dialogue
from training.errors import TrainingError
from training.turns import OUT_OF_SCOPE, Dialogue, DialogueTurn, EntityLabel

__all__ = [
    "OUT_OF_SCOPE",
    "BadDialogue",
    "Dialogue",
    "DialogueTurn",
    "EntityLabel",
    "dialogue_files",
    "open_text",
    "problems",
    "read_dialogues",
    "write_dialogues",
]


class BadDialogue(TrainingError):
    """A line of a dialogue file isn't a dialogue; the text names file, line, field, value met and wanted."""


def open_text(path: Path) -> IO[str]:
    """Open a file or a .gz as UTF-8 text."""
    if path.suffix == ".gz":
        return io.TextIOWrapper(gzip.open(path), "utf-8")
    return path.open(encoding="utf-8")


def dialogue_files(workspace: Path) -> list[Path]:
    """The dialogue files of a workspace, by name."""
    folder = workspace / "dialogues"
    return sorted([*folder.glob("*.jsonl"), *folder.glob("*.jsonl.gz")])


def read_dialogues(paths: Iterable[Path]) -> Iterator[Dialogue]:
    """Read dialogues one by one, in order.

    Raises BadDialogue at the first line that isn't one."""
    for path in paths:
        for found in _checked(path):
            if isinstance(found, str):
                raise BadDialogue(found)
            yield found


def problems(path: Path) -> Iterator[str]:
    """Every problem of a file, one a line of the file at most."""
    return (found for found in _checked(path) if isinstance(found, str))


def _checked(path: Path) -> Iterator[Dialogue | str]:
    """Each line's dialogue, or what is wrong with it."""
    seen: dict[str, int] = {}
    try:
        with open_text(path) as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    dialogue = as_dialogue(json.loads(line))
                    if dialogue.id in seen:
                        raise BadField(
                            "id", dialogue.id, f"an id of its own: line {seen[dialogue.id]} has it already"
                        )
                    seen[dialogue.id] = number
                    yield dialogue
                except json.JSONDecodeError as error:
                    yield f"{path}:{number}: not JSON: {error.msg} at column {error.colno}"
                except BadField as error:
                    yield f"{path}:{number}: {error}"
    except (OSError, EOFError, UnicodeDecodeError) as error:
        yield f"{path}: can't be read: {error}"


def write_dialogues(path: Path, dialogues: Iterable[Dialogue]) -> int:
    """Write a file whole or not at all; how many dialogues it holds.

    Raises TrainingError when the disk won't take it; what stood there before stays."""
    count = 0
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            for dialogue in dialogues:
                file.write(json.dumps(as_json(dialogue), ensure_ascii=False) + "\n")
                count += 1
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError as error:
        raise TrainingError(f"{path}: can't be written: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            if temporary:
                Path(temporary).unlink()
    return count


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
