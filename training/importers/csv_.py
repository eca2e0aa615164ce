"""CSV and TSV: one row is a message, or a question with its answer."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO, Literal, cast, get_args

from training.errors import TrainingError
from training.importers.columns import HEADERS, Columns, find_columns, known_header
from training.importers.conversations import Conversations, Placed
from training.importers.source import Found, Item, Options, Skipped, Source, parse_time
from training.importers.speakers import Speakers
from training.text_files import lines_of
from training.turns import Dialogue, DialogueTurn, SentimentLabel

DELIMITERS = (",", "\t", ";", "|")
MAX_FIELD = 1 << 24
SENTIMENTS = get_args(SentimentLabel)


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
    with source.open(newline="") as file, Conversations() as conversations:
        for row in _read_rows(_lines(file, head, delimiter, source), source, options, speakers):
            if isinstance(row, Skipped):
                yield row
            elif row.conversation:
                for turn in row.turns:
                    conversations.add(row.conversation, Placed(row.line, None, turn))
            else:
                yield Found(Dialogue("", row.turns, started_at=row.turns[0].at), row.line)
        speakers.check(source)
        for placed in conversations.each():
            turns = in_time([one.turn for one in placed])
            yield Found(Dialogue("", turns, started_at=turns[0].at, ended_at=turns[-1].at), placed[0].line)


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
    return any(known_header(first, names) is not None for names in HEADERS.values())


def _first_rows(head: str, delimiter: str) -> list[list[str]]:
    csv.field_size_limit(MAX_FIELD)
    rows = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter, quoting=_quoting(head, delimiter))
    return list(islice((row for row in rows if any(cell.strip() for cell in row)), 50))


def _quoting(head: str, delimiter: str) -> Literal[0, 3]:
    """Tab-separated files mostly quote nothing: a quote that stays open in its line is just a character."""
    is_bare = delimiter == "\t" and any(line.count('"') % 2 for line in head.split("\n"))
    return csv.QUOTE_NONE if is_bare else csv.QUOTE_MINIMAL


def _lines(file: IO[str], head: str, delimiter: str, source: Source) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line they begin at."""
    quoting = _quoting(head, delimiter)
    lines = (line for _, line in lines_of(file, source.path))
    reader = csv.reader(lines, delimiter=delimiter, quoting=quoting, strict=quoting != csv.QUOTE_NONE)
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
            columns, is_header = find_columns(cells, source, options)
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
    mood = _cell(cells, columns.sentiment).casefold()
    if not text:
        yield source.skipped(line, "no text", cells)
        return
    said_by = _cell(cells, columns.speaker) if columns.speaker is not None else "customer"
    if not said_by:
        yield source.skipped(line, "no speaker", cells)
        return
    at = None
    if when := _cell(cells, columns.time):
        at = parse_time(when)
        if at is None:
            yield source.skipped(line, "time not read: wanted ISO 8601 or Unix seconds", when, is_part=True)
    if mood and mood not in SENTIMENTS:
        yield source.skipped(line, f"sentiment not read: wanted {', '.join(SENTIMENTS)}", mood, is_part=True)
    if (speaker := speakers.role(said_by)) is None:
        return  # counted; told once for all
    sentiment = cast(SentimentLabel, mood) if mood in SENTIMENTS else None
    turns = [DialogueTurn(speaker, text, at, (intent,) if intent else (), sentiment=sentiment)]
    if answer:
        turns.append(DialogueTurn("agent", answer, at))
    yield Row(tuple(turns), _cell(cells, columns.conversation), line)


def _cell(cells: Sequence[str], at: int | None) -> str:
    return cells[at].strip() if at is not None else ""


def in_time(turns: Sequence[DialogueTurn]) -> tuple[DialogueTurn, ...]:
    """Turns by their times where each has one, else as they stand."""
    timed = [(turn.at, turn) for turn in turns if turn.at is not None]
    if len(timed) < len(turns):
        return tuple(turns)
    return tuple(turn for _, turn in sorted(timed, key=lambda pair: pair[0]))
