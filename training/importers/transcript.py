"""Transcripts as plain text: "Agent: ..." and "Customer: ...", line by line."""

import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from training.importers.source import Found, Item, Options, Source, parse_time
from training.importers.speakers import Speakers, plain
from training.turns import Dialogue, DialogueTurn, Speaker

# [2026-03-02 09:14] Ana: hello       2026-03-02T09:14 Ana: hello       (09:14) Ana: hello
STAMP = (
    r"(?:[\[(](?P<stamp>[^\])]{0,20}\d[^\])]{0,20})[\])]"
    r"|(?P<bare>\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}\S{0,12}|\d{1,2}:\d{2}(?::\d{2})?))"
)
SPOKEN = re.compile(
    rf"\s*(?:{STAMP}\s*[-–]?\s*)?(?P<name>[^\W\d_][^:：\[\]]{{0,39}}?)\s*(?::(?!//)|：)\s*(?P<said>.*)"
)
RULE = re.compile(r"\s*([-=*_#])\1{2,}(?:.{0,80}\1{2,})?\s*")  # ------ or --- Chat 17 ---
MAX_NAME_WORDS = 4

Line = tuple[int, str]  # number and content


@dataclass(frozen=True, slots=True)
class Cut:
    """What parts the dialogues of a file: rules, or so many empty lines."""

    has_rules: bool
    n_empty: int

    def parts(self, lines: Iterable[Line]) -> Iterator[list[Line]]:
        """The lines of one dialogue after the other, without what parts them."""
        part: list[Line] = []
        n_empty = 0
        for number, line in lines:
            n_empty = 0 if line.strip() else n_empty + 1
            if RULE.fullmatch(line) if self.has_rules else n_empty == self.n_empty:
                if part:
                    yield part
                part = []
            elif line.strip():
                part.append((number, line.rstrip()))
        if part:
            yield part


@dataclass(slots=True)
class Spoken:
    """A turn that may still go on in the next line."""

    speaker: Speaker
    lines: list[str]
    at: datetime | None


def read_transcript(source: Source, options: Options) -> Iterator[Item]:
    """Each part of the file as a dialogue; a line without a speaker goes on with what was said before.

    The file is read three times. Raises TrainingError if a name is met that nothing is known of."""
    cut = find_cut(source)
    speakers = Speakers(options)
    names = find_names(cut.parts(source.lines()), speakers.is_told, options.not_speakers)
    for part in cut.parts(source.lines()):
        yield from _dialogue(part, names, speakers, source)
    speakers.check(source)


def find_cut(source: Source) -> Cut:
    """Rules, where there are any; else empty lines, or two of them where one stands between turns."""
    n_turns, n_dialogues = 0, 0
    for part in Cut(False, 1).parts(source.lines()):
        if any(RULE.fullmatch(line) for _, line in part):
            return Cut(True, 0)
        n_spoken = sum(_name(line) is not None for _, line in part)
        n_turns += n_spoken == 1
        n_dialogues += n_spoken > 1
    return Cut(False, 1 if n_dialogues >= n_turns else 2)


def find_names(
    parts: Iterable[Sequence[Line]], is_told: Callable[[str], bool], not_speakers: Iterable[str]
) -> frozenset[str]:
    """What stands before a colon and is a speaker: told by an option or a word, first in its part, or twice in it.

    "Note: ..." within an answer is none of these."""
    names: set[str] = set()
    for part in parts:
        met = Counter(name for _, line in part if (name := _name(line)))
        names.update(name for name, n in met.items() if n > 1 or is_told(name))
        if opening := _name(part[0][1]):
            names.add(opening)
    not_names = {plain(name) for name in not_speakers}
    return frozenset(name for name in names if plain(name) not in not_names)


def looks_like_transcript(head: str) -> bool:
    """Whether lines begin with a few names and a colon."""
    lines = [line for line in head.split("\n") if line.strip() and not RULE.fullmatch(line)]
    met = Counter(name for line in lines if (name := _name(line)))
    speakers = Speakers(Options())
    n_spoken = sum(n for name, n in met.items() if n > 1 or speakers.is_told(name))
    return n_spoken >= 2 and n_spoken >= 0.4 * len(lines)


def _name(line: str) -> str | None:
    spoken = SPOKEN.fullmatch(line)
    if spoken is None or len(spoken["name"].split()) > MAX_NAME_WORDS:
        return None
    return spoken["name"].strip()


def _dialogue(
    part: Sequence[Line], names: Container[str], speakers: Speakers, source: Source
) -> Iterator[Item]:
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
