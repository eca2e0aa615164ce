"""What the gate decides on: releases measured beside each other on messages neither should have learned from."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from nlu.errors import NluError
from nlu.understander import Understander
from retrieval.errors import RetrievalError
from retrieval.retriever import Retriever
from training.dataset import Dataset, LabelledText
from training.errors import TrainingError
from training.features import Progress, no_progress
from training.gate.served import OpenRelease, Served, as_json, of_json, serve_test
from training.registry import Registry, Release
from training.whole_files import write_whole


@dataclass(frozen=True, slots=True)
class Case:
    """What became of a regression case; `reason` is "" where it passed."""

    message: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What the gate decides on: the candidate, and before it the release that serves, on the messages of the test part.

    `after` is None, and `broken` says why, where the candidate can't be used. `answered` are the intents that have an
    answer, `cases` what became of the regression cases, `usual_repeats` how many of the messages that are learned from
    customers say in the same words again (frozen.py)."""

    candidate: Release
    current: Release | None
    rows: tuple[LabelledText, ...]
    after: Served | None
    before: Served | None
    answered: frozenset[str] = frozenset()
    cases: tuple[Case, ...] = ()
    broken: str = ""
    usual_repeats: float = 0.0


def rows_to_measure(dataset: Dataset, test: frozenset[str]) -> tuple[LabelledText, ...]:
    """The messages of the test part that something can be told from."""
    return tuple(
        row for row in dataset.rows if row.group in test and (row.intent or row.entities is not None)
    )


def gather_evidence(
    candidate: Release,
    current: Release | None,
    rows: tuple[LabelledText, ...],
    open_release: OpenRelease,
    *,
    answered: frozenset[str] = frozenset(),
    cases: tuple[Case, ...] = (),
    usual_repeats: float = 0.0,
    progress: Progress = no_progress,
) -> Evidence:
    """Measure. A candidate that can't be used is evidence, not an error; a release that serves and can't be opened is no
    match for anything, and the candidate stands alone."""
    beside = _opened(current, open_release)
    current = current if beside else None
    try:
        candidate.verify()
        folders, opened = [candidate.folder], [open_release(candidate.folder)]
        if current is not None and beside is not None:
            folders.append(current.folder)
            opened.append(beside)
        served = serve_test(folders, opened, rows, progress)
    except (NluError, RetrievalError) as error:
        return Evidence(candidate, current, rows, None, None, answered, cases, str(error))
    return Evidence(
        candidate,
        current,
        rows,
        served[0],
        served[1] if current else None,
        answered,
        cases,
        usual_repeats=usual_repeats,
    )


def save_evidence(evidence: Evidence, path: Path) -> None:
    """Keep what was measured; the releases and the messages are named, not copied."""
    content = {
        "candidate": evidence.candidate.name,
        "current": evidence.current.name if evidence.current else None,
        "after": as_json(evidence.after) if evidence.after else None,
        "before": as_json(evidence.before) if evidence.before else None,
        "answered": sorted(evidence.answered),
        "cases": [asdict(case) for case in evidence.cases],
        "broken": evidence.broken,
        "usual_repeats": evidence.usual_repeats,
    }
    write_whole(path, [json.dumps(content, ensure_ascii=False)])


def load_evidence(path: Path, registry: Registry, rows: tuple[LabelledText, ...]) -> Evidence:
    """What `save_evidence` kept, of the same messages.

    Raises TrainingError for a file that can't be read, BadRelease for a release that is gone."""
    try:
        content = json.loads(path.read_text("utf-8"))
        after, before = (of_json(content[name]) if content[name] else None for name in ("after", "before"))
        cases = tuple(Case(**case) for case in content["cases"])
        names = content["candidate"], content["current"]
        rest = frozenset(content["answered"]), cases, content["broken"]
        repeats = float(content.get("usual_repeats", 0.0))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"{path}: can't be read: {error!r}; measure again") from error
    if after is not None and len(after.met) != len(rows):
        raise TrainingError(
            f"{path}: {len(after.met)} messages were measured, the test part has {len(rows)}: measure again"
        )
    current = registry.open(names[1]) if names[1] else None
    return Evidence(registry.open(names[0]), current, rows, after, before, *rest, usual_repeats=repeats)


def _opened(release: Release | None, open_release: OpenRelease) -> tuple[Understander, Retriever] | None:
    """None where there is none, or it can't be opened."""
    try:
        return open_release(release.folder) if release is not None else None
    except (NluError, RetrievalError):
        return None
