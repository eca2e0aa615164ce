"""Benchmark files: classification CSV, CoNLL and JSONL, as the public sets come."""

import csv
import gzip
import io
import json
from pathlib import Path
from typing import IO

from training.dataset import LabelledText, near_duplicate_key
from training.dialogues import OUT_OF_SCOPE, EntityLabel
from training.errors import TrainingError

TEXT_COLUMNS = ("text", "sentence", "question")
LABEL_COLUMNS = ("label", "intent")


def open_text(path: Path) -> IO[str]:
    """Open a file or its .gz as UTF-8 text."""
    if path.suffix == ".gz":
        return io.TextIOWrapper(gzip.open(path), "utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def read_csv(path: Path, *, outside: str = OUT_OF_SCOPE) -> list[LabelledText]:
    """Rows of a CSV with a text and a label column; the label `outside` marks out-of-scope rows.

    Raises TrainingError naming the columns met and wanted."""
    with open_text(path) as file:
        reader = csv.DictReader(file)
        columns = reader.fieldnames or []
        text = next((name for name in TEXT_COLUMNS if name in columns), None)
        label = next((name for name in LABEL_COLUMNS if name in columns), None)
        if text is None or label is None:
            raise TrainingError(f"{path}: columns {', '.join(columns)}; wanted text,label")
        return [labelled(row[text], OUT_OF_SCOPE if row[label] == outside else row[label]) for row in reader]


def labelled(text: str, intent: str | None, entities: tuple[EntityLabel, ...] | None = None) -> LabelledText:
    """A row whose group is its near-duplicates, so that they stay on one side of every fold."""
    return LabelledText(text, near_duplicate_key(text), intent, entities)


def read_tagged(path: Path) -> list[LabelledText]:
    """Rows with entities from CoNLL (token and tag columns) or JSONL (text, entities, maybe intent or intents)."""
    return _read_jsonl(path) if ".jsonl" in path.name else _read_conll(path)


def _read_jsonl(path: Path) -> list[LabelledText]:
    rows = []
    with open_text(path) as file:
        for line in file:
            row = json.loads(line)
            if row.get("slots_misaligned"):
                continue
            intent = row.get("intent") or next(iter(row.get("intents", [])), None)
            rows.append(labelled(row["text"], intent, tuple(_entity(one) for one in row.get("entities", []))))
    return rows


def _entity(row: dict[str, object]) -> EntityLabel:
    return EntityLabel(start=int(str(row["start"])), end=int(str(row["end"])), label=str(row["label"]))


def _read_conll(path: Path) -> list[LabelledText]:
    rows: list[LabelledText] = []
    tokens: list[tuple[str, str]] = []
    with open_text(path) as file:
        for line in [*file, "\n"]:
            fields = line.split()
            if fields:
                tokens.append((fields[0], fields[-1]))
            elif tokens:
                rows.append(_sentence(tokens))
                tokens = []
    return rows


def _sentence(tokens: list[tuple[str, str]]) -> LabelledText:
    text = " ".join(token for token, _ in tokens)
    spans: list[tuple[int, int, str]] = []
    position, previous = 0, ""
    for token, tag in tokens:
        prefix, _, label = tag.partition("-")
        end = position + len(token)
        if prefix == "I" and label == previous:
            spans[-1] = (spans[-1][0], end, label)
        elif prefix in ("B", "I"):
            spans.append((position, end, label))
        previous = label
        position = end + 1
    return labelled(text, None, tuple(EntityLabel(start=s, end=e, label=kind) for s, e, kind in spans))
