"""Files to import become dialogues with lasting ids, less what the workspace has already."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from training.dialogue_fields import Problems, as_dialogue
from training.dialogues import as_json
from training.importers.formats import FORMATS, find_format
from training.importers.source import Found, Options, Skipped, Source
from training.turns import OUT_OF_SCOPE, Dialogue, DialogueTurn

ID_DIGITS = 16
Watch = Callable[[Path, float], None]  # told now and then: the file, and how much of it is read (0..1)


@dataclass(slots=True)
class Intake:
    """What came of one file. `new` is to be written; `n_known` were in the workspace already."""

    path: Path
    format: str
    new: list[Dialogue] = field(default_factory=list)
    n_known: int = 0
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def n_read(self) -> int:
        return len(self.new) + self.n_known


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


def read_file(
    path: Path, known: Known, options: Options, *, form: str | None = None, watch: Watch | None = None
) -> Intake:
    """Read and check one file. `known` learns its dialogues.

    Raises TrainingError if the file can't be read as its format at all."""
    source = Source(path, options.encoding)
    intake = Intake(path, form or find_format(source))
    copies: Counter[str] = Counter()
    for number, item in enumerate(FORMATS[intake.format].read(source, options)):
        if isinstance(item, Skipped):
            intake.skipped.append(item)
        else:
            _take(item, intake, known, copies, options.out_of_scope, source)
        if watch is not None and number % 256 == 0:
            watch(path, source.share_read)
    return intake


def _take(
    item: Found,
    intake: Intake,
    known: Known,
    copies: Counter[str],
    out_of_scope: Sequence[str],
    source: Source,
) -> None:
    dialogue = _in_scope(item.dialogue, out_of_scope) if out_of_scope else item.dialogue
    if not dialogue.id:
        dialogue = replace(dialogue, id=content_id(dialogue, intake.format, copies))
    wrong = Problems()
    if as_dialogue(as_json(dialogue), wrong) is None:
        intake.skipped.append(source.skipped(item.line, "not a valid dialogue", wrong.found[0]))
    elif (taken := known.take(dialogue)) is not None:
        intake.new.append(taken)
    else:
        intake.n_known += 1


def content_id(dialogue: Dialogue, form: str, copies: Counter[str]) -> str:
    """An id made of what the source says, the same whenever and under whatever name it is read.

    The second of two equal dialogues in a file counts as another one: people do say the same thing."""
    content = json.dumps(as_json(replace(dialogue, id="")), sort_keys=True)
    name = _digest(content)
    copies[name] += 1
    if copies[name] > 1:
        name = _digest(f"{content}#{copies[name]}")
    return f"{form}-{name[:ID_DIGITS]}"


def _words(dialogue: Dialogue) -> str:
    """A hash of who said what; labels may have been mended since."""
    return _digest(json.dumps([(turn.speaker, turn.text) for turn in dialogue.turns]))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _in_scope(dialogue: Dialogue, labels: Sequence[str]) -> Dialogue:
    """The dialogue with a set's own names for out-of-scope messages as ours."""

    def with_ours(turn: DialogueTurn) -> DialogueTurn:
        return replace(turn, intents=tuple(OUT_OF_SCOPE if name in labels else name for name in turn.intents))

    return replace(dialogue, turns=tuple(with_ours(turn) for turn in dialogue.turns))
