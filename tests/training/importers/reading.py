"""Read a small file as one of the formats."""

from pathlib import Path
from typing import Any

from training.importers.formats import FORMATS
from training.importers.source import Found, Options, Skipped, Source
from training.turns import Dialogue


def source(folder: Path, content: str | bytes, encoding: str = "") -> Source:
    path = folder / "file"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Source(path, encoding)


def read(folder: Path, form: str, content: str | bytes, **options: Any) -> tuple[list[Found], list[Skipped]]:
    """What an importer finds and what it skips."""
    items = list(FORMATS[form].read(source(folder, content), Options(**options)))
    found = [item for item in items if isinstance(item, Found)]
    return found, [item for item in items if isinstance(item, Skipped)]


def dialogues(folder: Path, form: str, content: str | bytes, **options: Any) -> list[Dialogue]:
    """What an importer finds where nothing is to be skipped."""
    found, skipped = read(folder, form, content, **options)
    assert skipped == []
    return [one.dialogue for one in found]


def said(dialogue: Dialogue) -> list[tuple[str, str]]:
    return [(turn.speaker, turn.text) for turn in dialogue.turns]


def intents(found: list[Dialogue]) -> list[tuple[str, ...]]:
    return [turn.intents for dialogue in found for turn in dialogue.turns]


def entities(dialogue: Dialogue) -> list[tuple[str, str, str]]:
    """Words, label and value of each entity of the first turn."""
    [turn] = dialogue.turns
    return [(turn.text[e.start : e.end], e.label, e.value) for e in turn.entities or ()]


def reasons(skipped: list[Skipped]) -> list[tuple[str, str]]:
    """Line and reason of each."""
    return [(one.place.rpartition(":")[2], one.reason) for one in skipped]
