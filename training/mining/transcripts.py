"""Files of transcripts are read once, in a stream: their requests, the dialogues these stand in, and entity types.

What came of it is kept in a work folder, so that a mining that was interrupted later needn't read again."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from nlu.rules import EntityRules
from training.dialogue_writing import as_json
from training.errors import TrainingError
from training.importers.formats import check_options, find_format
from training.importers.intake import Intake, Known, read_new
from training.importers.source import Options, Source
from training.mining.entities import EntityCount
from training.mining.proposal import ProposedEntity
from training.mining.requests import Request, find_requests
from training.text_files import Watch
from training.turns import Dialogue

VERSION = 1  # counts the ways in which requests were found
READ, REQUESTS, DIALOGUES = "read.json", "requests.jsonl", "dialogues.jsonl"


@dataclass(frozen=True, slots=True)
class Reading:
    """How files are read: as `kefu import` would, in the `form` given or found out; `country` and `currency` as in
    kefu.toml."""

    options: Options = field(default_factory=Options)
    form: str | None = None
    country: str = "US"
    currency: str = "EUR"


@dataclass(frozen=True, slots=True)
class Transcripts:
    """What was read, in a work folder: `n_skipped` items of the files were none."""

    folder: Path
    stamp: str
    n_dialogues: int
    n_skipped: int
    entities: tuple[ProposedEntity, ...]

    @property
    def dialogues(self) -> Path:
        """Those with a request, in kefu's own format."""
        return self.folder / DIALOGUES

    def requests(self) -> Iterator[Request]:
        with (self.folder / REQUESTS).open(encoding="utf-8") as file:
            for line in file:
                dialogue, turn, text = json.loads(line)
                yield Request(dialogue, turn, text)


def read_transcripts(
    files: Sequence[Path],
    folder: Path,
    reading: Reading,
    known: EntityRules | None = None,
    watch: Watch | None = None,
) -> Transcripts:
    """Read files into a folder, unless it holds what came of these very files; `known` entity types aren't proposed.

    Raises TrainingError where a file can't be read or holds no dialogue, and where there is no request in any."""
    stamp = _stamp(files, reading)
    if (before := _before(folder, stamp)) is not None:
        return before
    folder.mkdir(parents=True, exist_ok=True)
    (folder / READ).unlink(missing_ok=True)
    sources = [Source(path, reading.options.encoding, watch) for path in files]
    intakes = [Intake(source.path, reading.form or find_format(source)) for source in sources]
    check_options(reading.options, [intake.format for intake in intakes])
    count, taken = EntityCount(reading.country, reading.currency), Known()
    n_requests = 0
    try:
        with (
            (folder / DIALOGUES).open("w", encoding="utf-8") as dialogues,
            (folder / REQUESTS).open("w", encoding="utf-8") as requests,
        ):
            for source, intake in zip(sources, intakes, strict=True):
                for dialogue in read_new(source, intake, taken, reading.options):
                    count.add(dialogue)
                    found = list(find_requests([dialogue]))
                    n_requests += len(found)
                    if found:
                        dialogues.write(_line(as_json(dialogue)))
                        requests.writelines(_line([one.dialogue, one.turn, one.text]) for one in found)
    except OSError as error:
        raise TrainingError(f"{folder}: can't be written: {error.strerror or error}") from error
    n_read = sum(intake.n_read for intake in intakes)
    if not n_requests:
        raise TrainingError(f"{', '.join(map(str, files))}: no request in its {n_read:,} dialogues")
    n_skipped = sum(intake.n_skipped for intake in intakes)
    made = Transcripts(folder, stamp, n_read, n_skipped, count.propose(known))
    _note(made)
    return made


def read_kept(path: Path) -> Iterator[Dialogue]:
    """The dialogues of a file that `read_transcripts` wrote, without checking each once more."""
    from training.dialogue_fields import Problems, as_dialogue

    with path.open(encoding="utf-8") as file:
        for line in file:
            dialogue = as_dialogue(json.loads(line), Problems())
            if dialogue is not None:
                yield dialogue


def _stamp(files: Sequence[Path], reading: Reading) -> str:
    """Changes with the files and with how they are read."""
    parts: list[Any] = [VERSION, repr(reading)]
    for path in files:
        met = path.stat()
        parts.append([str(path.resolve()), met.st_size, met.st_mtime_ns])
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _note(made: Transcripts) -> None:
    """Written last: a folder without it holds half of something."""
    content = {
        "stamp": made.stamp,
        "dialogues": made.n_dialogues,
        "skipped": made.n_skipped,
        "entities": [asdict(one) for one in made.entities],
    }
    aside = made.folder / f"{READ}.new"
    aside.write_text(json.dumps(content), "utf-8")
    aside.replace(made.folder / READ)


def _before(folder: Path, stamp: str) -> Transcripts | None:
    try:
        met = json.loads((folder / READ).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if met["stamp"] != stamp:
        return None
    entities = tuple(
        ProposedEntity(**{**one, "patterns": tuple(one["patterns"]), "names": tuple(one["names"])})
        for one in met["entities"]
    )
    return Transcripts(folder, stamp, met["dialogues"], met["skipped"], entities)


def _line(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False) + "\n"
