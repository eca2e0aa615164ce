"""Benchmark files: classification CSV, CoNLL and JSONL, as the public sets come, whole or not at all."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from nlu.tagging import Span, spans_of
from training.dataset import LabelledText, near_duplicate_key, of_turn
from training.errors import TrainingError
from training.importers import csv_, jsonl
from training.importers.conll import DOCUMENT, token_and_tag
from training.importers.source import Importer, Options, Skipped, Source
from training.turns import OUT_OF_SCOPE, Dialogue, DialogueTurn, EntityLabel

Words = tuple[tuple[int, int], ...]  # start, end


@dataclass(frozen=True, slots=True)
class Tagged:
    """Texts with entities; `words` are those that the file counts in, None where it only has offsets."""

    rows: tuple[LabelledText, ...]
    words: tuple[Words, ...] | None = None


def read_rows(path: Path, *, outside: str = OUT_OF_SCOPE) -> list[LabelledText]:
    """Rows with an intent, of a CSV as `read_csv` has them or of JSONL (text, intent).

    Raises TrainingError at the first row without a label."""
    if ".json" not in path.name:
        return read_csv(path, outside=outside)
    rows = []
    for line, turn in _turns(path, jsonl.read_jsonl):
        if not turn.intents:
            raise TrainingError(f"{path}:{line}: met no intent; wanted text and intent in each row")
        intent = turn.intents[0]
        rows.append(labelled(turn.text, OUT_OF_SCOPE if intent == outside else intent))
    return _some(rows, path)


def read_csv(path: Path, *, outside: str = OUT_OF_SCOPE) -> list[LabelledText]:
    """Rows of a CSV with a text and a label column; the label `outside` marks out-of-scope rows.

    Raises TrainingError at the first row without both."""
    rows = []
    for line, turn in _turns(path, csv_.read_csv):
        if not turn.intents:
            raise TrainingError(
                f"{path}:{line}: met no label; wanted the columns text,label and both in each row"
            )
        label = turn.intents[0]
        rows.append(labelled(turn.text, OUT_OF_SCOPE if label == outside else label))
    return _some(rows, path)


def read_jsonl_rows(path: Path) -> list[LabelledText]:
    """The customers' texts of a JSONL with all their intents.

    Raises TrainingError at the first line that is none, and where there is none."""
    turns = (turn for _, turn in _turns(path, jsonl.read_jsonl))
    return _some([of_turn(turn, near_duplicate_key(turn.text)) for turn in turns], path)


def read_dialogues(path: Path) -> list[Dialogue]:
    """Dialogues of a JSONL, numbered in the order of the file; what `kefu import` skips is passed over.

    Raises TrainingError where there is none."""
    items = jsonl.read_jsonl(Source(path), Options())
    kept = (item.dialogue for item in items if not isinstance(item, Skipped))
    found = [replace(dialogue, id=str(number)) for number, dialogue in enumerate(kept, start=1)]
    if not found:
        raise TrainingError(f"{path}: no dialogues")
    return found


def _turns(path: Path, read: Importer) -> Iterator[tuple[int, DialogueTurn]]:
    """The customers' turns that an importer finds, each with the line its dialogue begins at."""
    for item in read(Source(path), Options()):
        if not isinstance(item, Skipped):
            yield from ((item.line, turn) for turn in item.dialogue.turns if turn.speaker == "customer")
        elif not item.is_part:
            raise TrainingError(f"{item.place}: {item.reason}: {item.met}")


def _some(rows: list[LabelledText], path: Path) -> list[LabelledText]:
    if not rows:
        raise TrainingError(f"{path}: no rows")
    return rows


def labelled(text: str, intent: str | None, entities: tuple[EntityLabel, ...] | None = None) -> LabelledText:
    """A row whose group is its near-duplicates, so that they stay on one side of every fold."""
    return LabelledText(text, near_duplicate_key(text), intent, entities)


def read_tagged(path: Path) -> Tagged:
    """Rows with entities from CoNLL (token and tag columns) or JSONL (text, entities, maybe intent or intents).

    Raises TrainingError at the first line that is neither."""
    return _read_jsonl(path) if ".json" in path.name else _read_conll(path)


def _read_jsonl(path: Path) -> Tagged:
    """Rows whose entities are known."""
    rows = [
        labelled(turn.text, next(iter(turn.intents), None), turn.entities)
        for _, turn in _turns(path, jsonl.read_jsonl)
        if turn.entities is not None
    ]
    return Tagged(tuple(_some(rows, path)))


def _read_conll(path: Path) -> Tagged:
    rows: list[LabelledText] = []
    words: list[Words] = []
    tokens: list[tuple[str, str]] = []
    for number, line in itertools.chain(Source(path).lines(), [(0, "")]):
        if line.strip():
            found = token_and_tag(line)
            if found is None:
                raise TrainingError(
                    f"{path}:{number}: met {line.strip()!r}, wanted a token and a tag such as B-city"
                )
            tokens.append(found)
        elif tokens:
            if tokens[0][0] != DOCUMENT:
                row, places = _sentence(tokens)
                rows.append(row)
                words.append(places)
            tokens = []
    return Tagged(tuple(_some(rows, path)), tuple(words))


def _sentence(tokens: list[tuple[str, str]]) -> tuple[LabelledText, Words]:
    """The tokens with blanks between them, as the set counts them."""
    ends = list(itertools.accumulate(len(token) + 1 for token, _ in tokens))
    words = tuple((end - len(token) - 1, end - 1) for end, (token, _) in zip(ends, tokens, strict=True))
    spans: list[Span] = spans_of(words, [tag for _, tag in tokens])
    text = " ".join(token for token, _ in tokens)
    return labelled(text, None, tuple(EntityLabel(*span) for span in spans)), words
