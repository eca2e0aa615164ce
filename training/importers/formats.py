"""The formats that can be imported, and how each is recognised."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from training.errors import TrainingError
from training.importers.conll import read_conll, token_and_tag
from training.importers.csv_ import find_delimiter as columns_of
from training.importers.csv_ import looks_like_csv, read_csv
from training.importers.jsonl import read_jsonl
from training.importers.rasa import read_rasa
from training.importers.source import Importer, Source
from training.importers.telegram_export import read_telegram
from training.importers.transcript import looks_like_transcript, read_transcript

RASA_SECTION = re.compile(r"^(nlu|stories|rules|responses):", re.MULTILINE)
TELEGRAM_KEY = re.compile(r'"(messages|chats)"\s*:')


@dataclass(frozen=True, slots=True)
class Format:
    """A format: what reads it, and whether the beginning of a file looks like it."""

    read: Importer
    is_likely: Callable[[str], bool]


def _is_jsonl(head: str) -> bool:
    first = next((line for line in head.splitlines() if line.strip()), "")
    try:
        row = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(row, dict) and not {"messages", "chats"} & row.keys()


def _is_telegram(head: str) -> bool:
    return head.lstrip().startswith("{") and TELEGRAM_KEY.search(head) is not None


def _is_conll(head: str) -> bool:
    lines = [line for line in head.splitlines() if line.strip() and not line.startswith("# ")]
    return bool(lines) and sum(token_and_tag(line) is not None for line in lines) > 0.9 * len(lines)


# In this order: what is looked for first is the least likely to be something else.
FORMATS: Mapping[str, Format] = {
    "jsonl": Format(read_jsonl, _is_jsonl),
    "telegram": Format(read_telegram, _is_telegram),
    "rasa": Format(read_rasa, lambda head: RASA_SECTION.search(head) is not None),
    "conll": Format(read_conll, _is_conll),
    "csv": Format(read_csv, looks_like_csv),
    "transcript": Format(read_transcript, looks_like_transcript),
}


def find_format(source: Source) -> str:
    """The name of the format of a file, told by how it begins.

    Raises TrainingError if it is none of ours."""
    head = source.head()
    if not head.strip():
        raise TrainingError(f"{source.path}: empty")
    for name, form in FORMATS.items():
        if form.is_likely(head):
            return name
    if columns_of(head):
        return "csv"  # without a header that we know: its reader asks for the columns
    raise TrainingError(f"{source.path}: not recognised; --format says what it is: {', '.join(FORMATS)}")
