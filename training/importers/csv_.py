"""CSV and TSV: one row is a message, or a question with its answer."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Literal

from training.errors import TrainingError
from training.importers.source import Found, Item, Options, Skipped, Source, parse_time
from training.importers.speakers import Speakers
from training.turns import Dialogue, DialogueTurn

DELIMITERS = (",", "\t", ";", "|")
MAX_FIELD = 1 << 24
HEADERS = {
    "text": ("text", "sentence", "utterance", "question", "query", "message", "content", "body"),
    "intent": ("intent", "label", "category"),
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
    answer: int | None = None
    speaker: int | None = None
    conversation: int | None = None
    time: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """What one line says: one turn, or a question with its answer."""

    turns: tuple[DialogueTurn, ...]
    conversation: str
    line: int


def read_csv(source: Source, options: Options) -> Iterator[Item]:
    """Rows as dialogues; with a conversation column its rows become one, wherever they stand."""
    head = source.head()
    delimiter = find_delimiter(head)
    if delimiter is None:
        raise TrainingError(
            f"{source.path}: no columns: wanted values parted by a comma, tab, semicolon or |"
        )
    speakers = Speakers(options)
    grouped: dict[str, list[Row]] = {}
    with source.open(newline="") as file:
        for row in _read_rows(_lines(file, head, delimiter, source), source, options, speakers):
            if isinstance(row, Skipped):
                yield row
            elif row.conversation:
                grouped.setdefault(row.conversation, []).append(row)
            else:
                yield Found(Dialogue("", row.turns, started_at=row.turns[0].at), row.line)
    speakers.check(source.path)
    for rows in grouped.values():
        turns = in_time([turn for row in rows for turn in row.turns])
        yield Found(Dialogue("", turns, started_at=turns[0].at, ended_at=turns[-1].at), rows[0].line)


def find_delimiter(head: str) -> str | None:
    """The delimiter with which the first rows have the same number of columns, two or more."""
    best: tuple[float, int] = (0.0, 0)
    found = None
    for delimiter in DELIMITERS:
        widths = [len(row) for row in _first_rows(head, delimiter)]
        if not widths:
            continue
        width, n_same = Counter(widths).most_common(1)[0]
        score = (n_same / len(widths), width)
        if width > 1 and score[0] > 0.6 and score > best:
            best, found = score, delimiter
    return found


def looks_like_csv(head: str) -> bool:
    """Whether a header that we know stands above columns."""
    delimiter = find_delimiter(head)
    if delimiter is None:
        return False
    first = next(iter(_first_rows(head, delimiter)), [])
    return any(_known_header(first, names) is not None for names in HEADERS.values())


def _first_rows(head: str, delimiter: str) -> list[list[str]]:
    csv.field_size_limit(MAX_FIELD)
    rows = list(
        csv.reader(head.splitlines(keepends=True), delimiter=delimiter, quoting=_quoting(head, delimiter))
    )
    return [row for row in rows if any(cell.strip() for cell in row)][:50]


def _quoting(head: str, delimiter: str) -> Literal[0, 3]:
    """Tab-separated files mostly quote nothing: a quote that stays open in its line is just a character."""
    is_bare = delimiter == "\t" and any(line.count('"') % 2 for line in head.splitlines())
    return csv.QUOTE_NONE if is_bare else csv.QUOTE_MINIMAL


def _lines(file: IO[str], head: str, delimiter: str, source: Source) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line they begin at."""
    quoting = _quoting(head, delimiter)
    reader = csv.reader(file, delimiter=delimiter, quoting=quoting, strict=quoting != csv.QUOTE_NONE)
    line = 1
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise TrainingError(
            f"{source.path}:{line}: the row that begins here isn't whole: {error}; "
            'a quote inside a quoted value is written ""'
        ) from error


def _read_rows(
    lines: Iterable[tuple[int, list[str]]], source: Source, options: Options, speakers: Speakers
) -> Iterator[Row | Skipped]:
    columns = None
    for line, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if columns is None:
            columns, is_header = _columns(cells, source, options)
            if is_header:
                continue
        if len(cells) != columns.width:
            yield source.skipped(line, f"not {columns.width} columns as in the first row", cells)
        else:
            yield from _row(cells, line, columns, source, speakers)
    if columns is None:
        raise TrainingError(f"{source.path}: empty")


def _row(
    cells: Sequence[str], line: int, columns: Columns, source: Source, speakers: Speakers
) -> Iterator[Row | Skipped]:
    text, answer, intent = (_cell(cells, at) for at in (columns.text, columns.answer, columns.intent))
    if not text:
        yield source.skipped(line, "no text", cells)
        return
    at = None
    if when := _cell(cells, columns.time):
        at = parse_time(when)
        if at is None:
            yield source.skipped(line, "time not read: wanted ISO 8601 or Unix seconds", when, is_part=True)
    speaker = speakers.role(_cell(cells, columns.speaker)) if columns.speaker is not None else "customer"
    if speaker is None:
        return  # counted; told once for all
    turns = [DialogueTurn(speaker, text, at, (intent,) if intent else ())]
    if answer:
        turns.append(DialogueTurn("agent", answer, at))
    yield Row(tuple(turns), _cell(cells, columns.conversation), line)


def _cell(cells: Sequence[str], at: int | None) -> str:
    return cells[at].strip() if at is not None else ""


def _columns(first: Sequence[str], source: Source, options: Options) -> tuple[Columns, bool]:
    """The columns, and whether the first row is a header."""
    chosen = {name: getattr(options, name) for name in HEADERS if getattr(options, name)}
    by_name = {name: column for name, column in chosen.items() if not column.isdigit()}
    names = [cell.strip().casefold() for cell in first]
    for name, column in by_name.items():
        if column.strip().casefold() not in names:
            raise TrainingError(f"{source.path}: --{name} {column!r} is no column; met {', '.join(first)}")
    has_header = options.has_header
    if has_header is None:
        has_header = bool(by_name) or (not chosen and _known_header(first, HEADERS["text"]) is not None)
    found = {name: _known_header(first, known) for name, known in HEADERS.items()} if has_header else {}
    for name, column in chosen.items():
        found[name] = int(column) - 1 if column.isdigit() else names.index(column.strip().casefold())
    for name, index in found.items():
        if index is not None and not 0 <= index < len(first):
            raise TrainingError(
                f"{source.path}: --{name} {index + 1}: wanted a column from 1 to {len(first)}"
            )
    if (text := found.pop("text", None)) is None:
        raise TrainingError(
            f"{source.path}: which column is the text? The first row is {', '.join(first)}; "
            "name columns with --text and --intent, or number them from 1"
        )
    return Columns(len(first), text, **found), has_header


def _known_header(first: Sequence[str], known: Iterable[str]) -> int | None:
    names = [cell.strip().casefold().replace(" ", "_") for cell in first]
    return next((names.index(name) for name in known if name in names), None)


def in_time(turns: Sequence[DialogueTurn]) -> tuple[DialogueTurn, ...]:
    """Turns by their times where each has one, else as they stand."""
    times = [turn.at for turn in turns]
    if any(at is None for at in times):
        return tuple(turns)
    return tuple(sorted(turns, key=lambda turn: turn.at))  # type: ignore[arg-type,return-value]
