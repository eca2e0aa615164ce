"""Transcripts as plain text: "Agent: ..." and "Customer: ...", line by line."""

import itertools
import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from training.errors import TrainingError
from training.importers.source import Found, Item, Options, Source, parse_time
from training.importers.speakers import Speakers, counted, missing, plain
from training.turns import Dialogue, DialogueTurn, Speaker

# [2026-03-02 09:14] Ana: hello       2026-03-02T09:14 Ana: hello       (09:14) Ana: hello
STAMP = (
    r"(?:[\[(](?P<stamp>[^\])]{0,20}\d[^\])]{0,20})[\])]"
    r"|(?P<bare>\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}\S{0,12}|\d{1,2}:\d{2}(?::\d{2})?))"
)
SPOKEN = re.compile(
    rf"\s*(?:{STAMP}\s*[-–]?\s*)?(?P<name>[^\W\d_][^:：\[\]]{{0,39}}?)\s*(?::\s+|:$|：\s*)(?P<said>.*)"
)
RULE = re.compile(r"\s*([-=*_])\1{2,}\s*")
MAX_NAME_WORDS = 4

Part = list[tuple[int, str]]  # the lines of one dialogue with their numbers


@dataclass(slots=True)
class Spoken:
    """A turn that may still go on in the next line."""

    speaker: Speaker
    lines: list[str]
    at: datetime | None


def read_transcript(source: Source, options: Options) -> Iterator[Item]:
    """Each part of the file as a dialogue; a line without a speaker goes on with what was said before.

    Raises TrainingError if a name is met that nothing is known of."""
    with source.open() as file:
        parts = list(split_parts([line.rstrip() for line in file]))
    speakers = Speakers(options)
    names = find_names(parts, speakers, options)
    if absent := missing([*options.agents, *options.customers, *options.bots], names):
        raise TrainingError(f"{source.path}: {absent[0]!r}: not among the names met: {counted(names)}")
    for part in parts:
        yield from _dialogue(part, names, speakers, source)
    speakers.check(source.path)


def split_parts(lines: Sequence[str]) -> Iterator[Part]:
    """Cut at lines of ---, where there are any; else at empty lines; at two of them where every turn has one."""
    is_empty = [not line.strip() for line in lines]
    has_rules = any(RULE.fullmatch(line) for line in lines)
    is_dense = any(not a and not b for a, b in itertools.pairwise(is_empty))
    part: Part = []
    for number, line in enumerate(lines, 1):
        is_second_empty = is_empty[number - 1] and number > 1 and is_empty[number - 2]
        if RULE.fullmatch(line) or (
            not has_rules and (is_empty[number - 1] if is_dense else is_second_empty)
        ):
            yield part
            part = []
        elif not is_empty[number - 1]:
            part.append((number, line))
    yield part


def find_names(parts: Iterable[Part], speakers: Speakers, options: Options) -> Counter[str]:
    """What stands before a colon and is a speaker: told by an option or a word, first in its part, or repeated.

    "Note: ..." within an answer is none of these."""
    met: Counter[str] = Counter()
    opening: set[str] = set()
    for part in parts:
        named = [(number, name) for number, line in part if (name := _name(line))]
        met.update(name for _, name in named)
        opening.update(name for number, name in named if number == part[0][0])
    not_names = {plain(name) for name in options.not_speakers}
    return Counter(
        {
            name: n
            for name, n in met.items()
            if plain(name) not in not_names and (n > 1 or name in opening or speakers.is_told(name))
        }
    )


def looks_like_transcript(head: str) -> bool:
    """Whether lines begin with a few names and a colon."""
    lines = [line for line in head.splitlines() if line.strip() and not RULE.fullmatch(line)]
    met = Counter(name for line in lines if (name := _name(line)))
    speakers = Speakers(Options())
    n_spoken = sum(n for name, n in met.items() if n > 1 or speakers.is_told(name))
    return n_spoken >= 2 and n_spoken >= 0.4 * len(lines)


def _name(line: str) -> str | None:
    spoken = SPOKEN.fullmatch(line)
    if spoken is None or len(spoken["name"].split()) > MAX_NAME_WORDS:
        return None
    return spoken["name"].strip()


def _dialogue(part: Part, names: Container[str], speakers: Speakers, source: Source) -> Iterator[Item]:
    spoken: list[Spoken] = []
    for number, line in part:
        if _name(line) in names:
            yield from _begin(line, number, spoken, speakers, source)
        elif spoken:
            spoken[-1].lines.append(line.strip())
        else:
            yield source.skipped(number, "a line before anybody speaks", line)
    said = [(turn, "\n".join(turn.lines).strip()) for turn in spoken]
    turns = tuple(DialogueTurn(turn.speaker, text, turn.at) for turn, text in said if text)
    if turns:
        yield Found(Dialogue("", turns, started_at=turns[0].at, ended_at=turns[-1].at), part[0][0])


def _begin(
    line: str, number: int, spoken: list[Spoken], speakers: Speakers, source: Source
) -> Iterator[Item]:
    """Add the turn that begins in this line; yield its time where it can't be read."""
    found = SPOKEN.fullmatch(line)
    if found is None or (role := speakers.role(found["name"].strip())) is None:
        return  # counted; told once for all
    stamp = found["stamp"] or found["bare"]
    at = parse_time(stamp) if stamp else None
    if stamp and at is None:
        yield source.skipped(number, "time not read: wanted ISO 8601 with a day", stamp, is_part=True)
    spoken.append(Spoken(role, [found["said"].strip()], at))
