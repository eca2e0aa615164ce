"""The whole of `kefu mine`: transcripts in, a proposal in WORKSPACE/mined out. Nothing is trained.

    read -> encode -> group -> names the model knows -> what staff answered -> write

What takes long is kept in WORKSPACE/.kefu/mining until the proposal is written: killed at any point, the same command goes
on from there."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlu.rule_files import load_rules
from nlu.rules import EntityRules
from training.base_model import DEFAULT
from training.errors import TrainingError
from training.features import Progress, no_progress
from training.mining.encoding import (
    EncodeAll,
    EncoderFiles,
    encode_here,
    encode_to_file,
    for_encoder,
    workspace_encoder,
)
from training.mining.entity_entries import entities_with
from training.mining.grouping import NOISE, Spread, group, one_by_one
from training.mining.lexicon import Lexicon
from training.mining.proposal import MinedRequest, Proposal, ProposedEntity
from training.mining.proposal_files import (
    DIALOGUES,
    PROPOSAL,
    VECTORS,
    mined_folder,
    read_proposal,
    write_mined,
)
from training.mining.proposing import Answering, Grouped, masked, propose
from training.mining.replies import gather_replies
from training.mining.requests import Request
from training.mining.slots import Corpus
from training.mining.tagged import tagged_entities, with_tagged
from training.mining.transcripts import Reading, Transcripts, read_kept, read_transcripts

WORK = Path(".kefu") / "mining"
COPIED = 65536  # rows at once


@dataclass(frozen=True, slots=True)
class Workers:
    """Where texts are encoded and vectors assigned: here, or on other machines with the same outcome."""

    encode: EncodeAll = encode_here
    spread: Spread = one_by_one


@dataclass(frozen=True, slots=True)
class Options:
    """`language` is what the desk speaks; with `replace` a reviewed proposal gives way."""

    reading: Reading = field(default_factory=Reading)
    language: str = "en"
    base_model: str = DEFAULT
    seed: int = 0
    replace: bool = False


def mine(
    files: Sequence[Path],
    workspace: Path,
    options: Options,
    *,
    workers: Workers | None = None,
    progress: Progress = no_progress,
) -> Proposal:
    """Make a proposal of transcripts and write it into the workspace.

    Raises TrainingError where the files can't be used, or a reviewed proposal stands in the way."""
    _check_replaces(mined_folder(workspace) / PROPOSAL, options)
    workers, reading, work = workers or Workers(), options.reading, workspace / WORK
    progress("reading", 0, 0)
    rules = _rules(workspace / "entities.yaml", reading)
    transcripts = read_transcripts(
        files,
        work,
        reading,
        rules,
        lambda path, share: progress(f"reading: {path.name}", round(1000 * share), 1000),
    )
    texts, requests, places = _distinct(transcripts.requests())
    progress("encoder", 0, 0)
    encoder = workspace_encoder(workspace, work, options.base_model)
    vectors = _encode(texts, transcripts, encoder, workers, progress)
    progress("grouping", 0, 0)
    groups = group(
        vectors,
        seed=options.seed,
        spread=workers.spread,
        watch=lambda done, total: progress("grouping", done, total),
    )
    grouped = Grouped.of(requests, places, vectors, groups)
    tagged = tagged_entities(
        workspace,
        list(dict.fromkeys(request.text for request in requests)),
        rules,
        lambda done, total: progress("names", done, total),
    )
    entities = with_tagged(transcripts.entities, tagged)
    progress("what staff answered", 0, 0)
    exchanges = gather_replies(read_kept(transcripts.dialogues), grouped.by_place())
    corpus = Corpus(
        _with_proposed(workspace, transcripts.folder, entities, reading),
        Lexicon.of(exchanges.values()),
        reading.country,
        reading.currency,
        options.language,
    )
    intents = propose(
        grouped,
        Answering(exchanges, corpus, encoder),
        reading.country,
        lambda done, total: progress("what staff answered", done, total),
    )
    proposal = Proposal(transcripts.n_dialogues, len(requests), intents, entities, options.language)
    progress("writing", 0, 0)
    _write(mined_folder(workspace), proposal, grouped, transcripts, reading.country)
    _clear(work)
    return proposal


def _check_replaces(path: Path, options: Options) -> None:
    if path.exists() and not options.replace and (n_reviewed := read_proposal(path).n_reviewed):
        raise TrainingError(
            f"{path}: {n_reviewed} of its intents were reviewed already; --replace makes a new one in its place"
        )


def _distinct(
    found: Iterator[Request],
) -> tuple[tuple[str, ...], tuple[Request, ...], NDArray[np.int64]]:
    """The distinct texts as they are encoded, the requests, and the place of each one's text."""
    place_of: dict[str, int] = {}
    requests, places = [], []
    for request in found:
        requests.append(request)
        places.append(place_of.setdefault(for_encoder(request.text), len(place_of)))
    return tuple(place_of), tuple(requests), np.array(places, np.int64)


def _encode(
    texts: Sequence[str],
    transcripts: Transcripts,
    encoder: EncoderFiles,
    workers: Workers,
    progress: Progress,
) -> NDArray[np.float16]:
    """Vectors on disk; those of other texts or of another encoder are removed."""
    path = transcripts.folder / f"vectors-{transcripts.stamp}-{encoder.digest()[:16]}.f16"
    for other in transcripts.folder.glob("vectors-*.f16"):
        if other != path:
            other.unlink()
    return encode_to_file(
        texts,
        path,
        encoder,
        encode=workers.encode,
        watch=lambda done, total: progress("encoding", done, total),
    )


def _rules(path: Path, reading: Reading) -> EntityRules:
    return load_rules(path, country=reading.country, currency=reading.currency)


def _with_proposed(
    workspace: Path, folder: Path, entities: Sequence[ProposedEntity], reading: Reading
) -> EntityRules:
    """The workspace's entity types and those that are proposed."""
    text, _ = entities_with(workspace / "entities.yaml", entities)
    path = folder / "entities.yaml"
    path.write_text(text, "utf-8")
    return _rules(path, reading)


def _write(
    folder: Path, proposal: Proposal, grouped: Grouped, transcripts: Transcripts, country: str
) -> None:
    """The proposal comes last, so that what it names is there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(transcripts.dialogues, folder / f".{DIALOGUES}.new")
        (folder / f".{DIALOGUES}.new").replace(folder / DIALOGUES)
        _write_vectors(folder / VECTORS, grouped)
    except OSError as error:
        raise TrainingError(f"{folder}: can't be written: {error.strerror or error}") from error
    rows = zip(grouped.requests, grouped.labels, strict=True)
    write_mined(
        folder,
        proposal,
        (
            MinedRequest(
                one.dialogue, one.turn, masked(one.text, country), "" if label == NOISE else str(label)
            )
            for one, label in rows
        ),
    )


def _write_vectors(path: Path, grouped: Grouped) -> None:
    """A row for each request, in their order."""
    aside = path.with_name(f".{path.name}.new")
    shape = len(grouped.places), grouped.vectors.shape[1]
    stored = np.lib.format.open_memmap(aside, "w+", np.float16, shape)
    for start in range(0, len(grouped.places), COPIED):
        stored[start : start + COPIED] = grouped.vectors[grouped.places[start : start + COPIED]]
    stored.flush()
    aside.replace(path)


def _clear(work: Path) -> None:
    """What was kept to go on from; the encoder stays for the next time."""
    for path in work.iterdir():
        if path.is_file():
            path.unlink()
