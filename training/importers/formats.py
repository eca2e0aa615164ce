"""The formats that can be imported, and how each is recognised."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, fields

from training.errors import TrainingError
from training.importers.columns import HEADERS
from training.importers.conll import read_conll, token_and_tag
from training.importers.csv_ import find_delimiter as columns_of
from training.importers.csv_ import looks_like_csv, read_csv
from training.importers.jsonl import read_jsonl
from training.importers.rasa import read_rasa
from training.importers.source import Importer, Options, Source
from training.importers.telegram_export import read_telegram
from training.importers.transcript import looks_like_transcript, read_transcript

RASA_SECTION = re.compile(r"^(nlu|stories|rules|responses):", re.MULTILINE)
TELEGRAM_KEY = re.compile(r'"(messages|chats|personal_information)"\s*:')
COLUMNS = frozenset({*HEADERS, "has_header"})
NAMES = frozenset({"agents", "customers", "bots"})
LABELS = frozenset({"out_of_scope"})
EVERY = frozenset({"encoding"})
# Options that are called otherwise in the terminal.
FLAGS = {
    "agents": "--agent", "customers": "--customer", "bots": "--bot", "not_speakers": "--not-a-speaker",
    "gap_hours": "--gap", "out_of_scope": "--out-of-scope", "has_header": "--header",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Format:
    """A format: what reads it, whether the beginning of a file looks like it, and the options that concern it."""

    read: Importer
    is_likely: Callable[[str], bool]
    takes: Set[str] = frozenset()


def _is_jsonl(head: str) -> bool:
    first = head.lstrip().partition("\n")[0]
    try:
        row = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(row, dict) and not {"messages", "chats"} & row.keys()


def _is_telegram(head: str) -> bool:
    return head.lstrip().startswith("{") and TELEGRAM_KEY.search(head) is not None


def _is_conll(head: str) -> bool:
    lines = [line for line in head.split("\n") if line.strip() and not line.startswith("# ")]
    return bool(lines) and sum(token_and_tag(line) is not None for line in lines) > 0.9 * len(lines)


# In this order: what is looked for first is the least likely to be something else.
FORMATS: Mapping[str, Format] = {
    "jsonl": Format(read_jsonl, _is_jsonl, NAMES | LABELS),
    "telegram": Format(read_telegram, _is_telegram, NAMES | {"gap_hours"}),
    "rasa": Format(read_rasa, lambda head: RASA_SECTION.search(head) is not None, LABELS),
    "conll": Format(read_conll, _is_conll),
    "csv": Format(read_csv, looks_like_csv, COLUMNS | NAMES | LABELS),
    "transcript": Format(read_transcript, looks_like_transcript, NAMES | {"not_speakers"}),
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


def check_options(options: Options, formats: Iterable[str]) -> None:
    """Raise TrainingError if an option is given that none of the formats takes."""
    met = sorted(set(formats))
    taken = EVERY.union(*(FORMATS[name].takes for name in met))
    for option in fields(options):
        if option.name not in taken and getattr(options, option.name) != option.default:
            wanted = ", ".join(name for name, form in FORMATS.items() if option.name in form.takes)
            raise TrainingError(
                f"{FLAGS.get(option.name, f'--{option.name}')}: is for {wanted}; met only {', '.join(met)}"
            )
