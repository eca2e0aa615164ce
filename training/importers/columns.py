"""Which column of a table is what: told by options, else by names that many files use."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from training.errors import TrainingError
from training.importers.source import Options, Source

HEADERS = {
    "text": ("text", "sentence", "utterance", "question", "query", "message", "content", "body"),
    "intent": ("intent", "label", "category"),
    "sentiment": ("sentiment", "mood"),
    "answer": ("answer", "response", "reply"),
    "speaker": ("speaker", "role", "author", "sender"),
    "conversation": ("conversation", "conversation_id", "dialogue", "dialogue_id", "session", "session_id", "thread_id", "ticket_id"),
    "time": ("time", "timestamp", "created_at", "sent_at", "date", "at"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Columns:
    """The index of each column; None where there is none. `width`: columns of the file."""

    width: int
    text: int
    intent: int | None = None
    sentiment: int | None = None
    answer: int | None = None
    speaker: int | None = None
    conversation: int | None = None
    time: int | None = None


def find_columns(first: Sequence[str], source: Source, options: Options) -> tuple[Columns, bool]:
    """The columns by a file's first row, and whether that is a header.

    Raises TrainingError where an option names none, or none is known to be the text."""
    chosen = {name: getattr(options, name) for name in HEADERS if getattr(options, name)}
    has_header = _has_header(first, chosen.values(), source, options)
    found = {name: known_header(first, known) for name, known in HEADERS.items()} if has_header else {}
    found |= {name: _index(first, name, column, source) for name, column in chosen.items()}
    if "intent" not in chosen and found.get("intent") == found.get("sentiment"):
        found["intent"] = None  # a label, and told to be no intent
    indices = {name: index for name, index in found.items() if index is not None}
    if "text" not in indices:
        raise TrainingError(
            f"{source.path}: which column is the text? The first row is {', '.join(first)}; "
            "name columns with --text and --intent, or number them from 1"
        )
    used = (f"{name} from {first[i].strip() if has_header else i + 1!r}" for name, i in indices.items())
    source.notes.append(f"columns: {', '.join(used)}")
    return Columns(len(first), **indices), has_header


def known_header(first: Sequence[str], known: Iterable[str]) -> int | None:
    """The index of the first of the known names."""
    names = [cell.strip().casefold().replace(" ", "_") for cell in first]
    return next((names.index(name) for name in known if name in names), None)


def _has_header(first: Sequence[str], chosen: Iterable[str], source: Source, options: Options) -> bool:
    names = [column for column in chosen if not _is_number(column)]
    if names and options.has_header is False:
        raise TrainingError(f"{source.path}: met the column {names[0]!r}, wanted a number with --no-header")
    if options.has_header is not None:
        return options.has_header
    return bool(names) or known_header(first, HEADERS["text"]) is not None


def _index(first: Sequence[str], name: str, column: str, source: Source) -> int:
    if _is_number(column):
        if not 1 <= int(column) <= len(first):
            raise TrainingError(
                f"{source.path}: --{name} {column}: wanted a column from 1 to {len(first)}: {', '.join(first)}"
            )
        return int(column) - 1
    names = [cell.strip().casefold() for cell in first]
    if column.strip().casefold() not in names:
        near = difflib.get_close_matches(column.strip().casefold(), names, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise TrainingError(f"{source.path}: --{name} {column!r} is no column; met {', '.join(first)}{hint}")
    return names.index(column.strip().casefold())


def _is_number(column: str) -> bool:
    return column.isascii() and column.isdigit()
