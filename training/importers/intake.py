"""Files to import become dialogues with lasting ids, less what is there already; all files or none."""

import difflib
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from training.dialogue_fields import Problems, as_dialogue
from training.dialogue_writing import Writing, as_json
from training.errors import TrainingError
from training.importers.formats import FORMATS, check_options, find_format
from training.importers.source import Options, Skipped, Source
from training.importers.speakers import check_named
from training.text_files import Watch
from training.turns import OUT_OF_SCOPE, Dialogue, DialogueTurn

ID_DIGITS = 16
N_EXAMPLES = 3


@dataclass(slots=True)
class Tally:
    """How often something was skipped for one reason, and the first of it."""

    n_met: int = 0
    examples: list[Skipped] = field(default_factory=list)

    def add(self, skipped: Skipped) -> None:
        self.n_met += 1
        if len(self.examples) < N_EXAMPLES:
            self.examples.append(skipped)


@dataclass(slots=True)
class Intake:
    """What came of one file: `n_new` dialogues, and `n_known` that were there already.

    Turns, intents (as the file names them) and entities are those of all its dialogues. `skipped`: by
    (reason, is only a part of a dialogue)."""

    path: Path
    format: str
    n_new: int = 0
    n_known: int = 0
    n_turns: int = 0
    intents: set[str] = field(default_factory=set)
    n_entities: int = 0
    skipped: dict[tuple[str, bool], Tally] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def n_read(self) -> int:
        return self.n_new + self.n_known

    @property
    def n_skipped(self) -> int:
        return sum(tally.n_met for (_, is_part), tally in self.skipped.items() if not is_part)

    def count(self, dialogue: Dialogue) -> None:
        """Take what a dialogue holds into account."""
        self.n_turns += len(dialogue.turns)
        for turn in dialogue.turns:
            self.intents.update(turn.intents)
            self.n_entities += len(turn.entities or ())


class Known:
    """The dialogues there are, by id and by what was said in them."""

    def __init__(self, dialogues: Iterable[Dialogue] = ()) -> None:
        self._words = {dialogue.id: _words(dialogue) for dialogue in dialogues}

    def take(self, dialogue: Dialogue) -> Dialogue | None:
        """The dialogue under an id that is free; None if it is here already.

        Under an id of the source's own that another dialogue has, it gets a new one beside it."""
        words = _words(dialogue)
        if dialogue.id in self._words and self._words[dialogue.id] != words:
            dialogue = replace(dialogue, id=f"{dialogue.id}-{words[:8]}")
        if dialogue.id in self._words:
            return None
        self._words[dialogue.id] = words
        return dialogue


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file to import and the dialogue file it is added to."""

    source: Path
    target: Path


def bring_in(
    files: Sequence[Incoming],
    known: Known,
    options: Options,
    *,
    form: str | None = None,
    replaces: bool = False,
    writing: Writing | None = None,
    watch: Watch | None = None,
) -> list[Intake]:
    """Read and check files, and write what is new aside, each to its target; without `writing` only read.

    A target gets what it held before and the new ones; with `replaces` only these. Raises TrainingError
    at the first file that holds no dialogue at all."""
    sources = [Source(file.source, options.encoding, watch) for file in files]
    intakes = [Intake(source.path, form or find_format(source)) for source in sources]
    check_options(options, [intake.format for intake in intakes])
    by_target: dict[Path, list[tuple[Source, Intake]]] = {}
    for file, source, intake in zip(files, sources, intakes, strict=True):
        by_target.setdefault(file.target, []).append((source, intake))
    for target, parts in by_target.items():
        new = (dialogue for part in parts for dialogue in read_new(*part, known, options))
        if writing is None:
            for _ in new:
                pass
        elif not writing.write(target, new, after=None if replaces else target) and not replaces:
            writing.drop(target)
    _check_told(sources, intakes, options)
    return intakes


def _check_told(sources: Sequence[Source], intakes: Sequence[Intake], options: Options) -> None:
    """Names and intents that options tell, but no file holds, are slips."""
    places = ", ".join(str(source.path) for source in sources)
    check_named(options, sum((source.names for source in sources), Counter[str]()), places)
    intents = set().union(*(intake.intents for intake in intakes))
    for intent in options.out_of_scope:
        if intent not in intents:
            near = difflib.get_close_matches(intent, intents, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise TrainingError(f"{places}: {intent!r} is not among the {len(intents)} intents met{hint}")


def read_new(source: Source, intake: Intake, known: Known, options: Options) -> Iterator[Dialogue]:
    """The dialogues of a file that aren't known yet; `intake` and `known` are told of them."""
    copies: Counter[str] = Counter()
    for item in FORMATS[intake.format].read(source, options):
        if isinstance(item, Skipped):
            intake.skipped.setdefault((item.reason, item.is_part), Tally()).add(item)
            continue
        dialogue = _with_id(_in_scope(item.dialogue, options.out_of_scope), intake.format, copies)
        wrong = Problems()
        if as_dialogue(as_json(dialogue), wrong) is None:
            skipped = source.skipped(item.line, "not a valid dialogue", wrong.found[0])
            intake.skipped.setdefault((skipped.reason, False), Tally()).add(skipped)
            continue
        intake.count(item.dialogue)
        if (taken := known.take(dialogue)) is None:
            intake.n_known += 1
        else:
            intake.n_new += 1
            yield taken
    intake.notes = source.notes
    if not intake.n_read:
        check_named(options, source.names, str(source.path))
        raise TrainingError(f"{source.path}: no dialogue in it, read as {intake.format}{_why(intake)}")


def _why(intake: Intake) -> str:
    """The first thing skipped."""
    for tally in intake.skipped.values():
        first = tally.examples[0]
        return f": {first.place}: {first.reason}" + (f": {first.met}" if first.met else "")
    return ""


def _with_id(dialogue: Dialogue, form: str, copies: Counter[str]) -> Dialogue:
    """With an id made of what the source says, where it gives none: the same whenever and wherever it is read.

    The second of two equal dialogues in a file counts as another one: people do say the same thing."""
    if dialogue.id:
        return dialogue
    content = json.dumps(as_json(dialogue), sort_keys=True)
    name = _digest(content)[:ID_DIGITS]
    copies[name] += 1
    if copies[name] > 1:
        name = _digest(f"{content}#{copies[name]}")[:ID_DIGITS]
    return replace(dialogue, id=f"{form}-{name}")


def _words(dialogue: Dialogue) -> str:
    """A hash of who said what; labels may have been mended since."""
    return _digest(json.dumps([(turn.speaker, turn.text) for turn in dialogue.turns]))[:ID_DIGITS]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _in_scope(dialogue: Dialogue, labels: Sequence[str]) -> Dialogue:
    """The dialogue with a set's own names for out-of-scope messages as ours."""
    if not labels:
        return dialogue

    def with_ours(turn: DialogueTurn) -> DialogueTurn:
        ours = dict.fromkeys(OUT_OF_SCOPE if name in labels else name for name in turn.intents)
        return replace(turn, intents=tuple(ours))

    return replace(dialogue, turns=tuple(with_ours(turn) for turn in dialogue.turns))
