"""Dialogues: the one format everything is learned from, read strictly.

JSONL, one dialogue a line; docs/dialogues.md describes every field and dialogue.schema.json is its JSON Schema."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from training.dialogue_fields import MAX_SHOWN, Problems, as_dialogue
from training.dialogue_writing import as_json, write_dialogues
from training.errors import TrainingError
from training.text_files import Watch, lines_of, open_text
from training.turns import OUT_OF_SCOPE, Dialogue, DialogueTurn, EntityLabel

__all__ = [
    "OUT_OF_SCOPE",
    "BadDialogue",
    "Dialogue",
    "DialogueTurn",
    "EntityLabel",
    "as_json",
    "dialogue_files",
    "files_to_learn_from",
    "places_of",
    "problems",
    "read_dialogues",
    "write_dialogues",
]


class BadDialogue(TrainingError):
    """A line of a dialogue file isn't a dialogue; the text names file, line, field, value met and wanted."""


def dialogue_files(workspace: Path) -> list[Path]:
    """The dialogue files of a workspace, by name."""
    folder = workspace / "dialogues"
    found = [*folder.glob("*.jsonl"), *folder.glob("*.jsonl.gz")]
    return sorted(path for path in found if not path.name.startswith("."))


def files_to_learn_from(workspace: Path) -> list[Path]:
    """The same, for a training. Raises TrainingError where there are none."""
    files = dialogue_files(workspace)
    if not files:
        raise TrainingError(
            f"{workspace / 'dialogues'}: no *.jsonl in it; `kefu import FILE -w {workspace}` brings dialogues in"
        )
    return files


def read_dialogues(paths: Iterable[Path], watch: Watch | None = None) -> Iterator[Dialogue]:
    """Read dialogues one by one, in order; ids are unique over all files.

    Raises BadDialogue at the first line that isn't one."""
    for found in _checked(paths, watch):
        if isinstance(found, str):
            raise BadDialogue(found)
        yield found


def problems(paths: Iterable[Path], watch: Watch | None = None) -> Iterator[str]:
    """Every problem of the files: "file:line: field: met ..., wanted ..."."""
    return (found for found in _checked(paths, watch) if isinstance(found, str))


def places_of(paths: Iterable[Path]) -> dict[str, str]:
    """Where each dialogue stands, "file:line" by its id, in files that `read_dialogues` reads."""
    found = {}
    for path in paths:
        with open_text(path, encoding="utf-8-sig") as file:
            for number, line in lines_of(file, path):
                if line.strip():
                    found[str(json.loads(line)["id"])] = f"{path}:{number}"
    return found


def _checked(paths: Iterable[Path], watch: Watch | None) -> Iterator[Dialogue | str]:
    """Each line's dialogue, or what is wrong with it."""
    places: dict[str, str] = {}
    for path in paths:
        try:
            with open_text(path, encoding="utf-8-sig", watch=watch) as file:
                for number, line in lines_of(file, path):
                    if line.strip():
                        yield from _check_line(line.rstrip(), f"{path}:{number}", places)
        except TrainingError as error:
            yield str(error)


def _check_line(line: str, place: str, places: dict[str, str]) -> Iterator[Dialogue | str]:
    wrong = Problems()
    try:
        dialogue = as_dialogue(json.loads(line, object_pairs_hook=_unique), wrong)
    except json.JSONDecodeError as error:
        met = repr(line[error.pos :][:MAX_SHOWN]) if error.pos < len(line) else "the end of the line"
        why = error.msg.removesuffix(" at")
        yield f"{place}: not JSON: {why} at column {error.colno}: met {met}, wanted a dialogue in one line"
        return
    except RecursionError:
        yield f"{place}: not JSON: nested too deeply"
        return
    except ValueError as error:
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
