"""What the gate decides on: releases measured beside each other on messages neither should have learned from."""

from dataclasses import dataclass

from nlu.errors import NluError
from retrieval.errors import RetrievalError
from training.dataset import Dataset, LabelledText
from training.features import Progress, no_progress
from training.gate.served import OpenRelease, Served, serve_test
from training.registry import Release


@dataclass(frozen=True, slots=True)
class Case:
    """What became of a regression case; `reason` is "" where it passed."""

    message: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What the gate decides on: the candidate, and before it the release that serves, on the messages of the test part.

    `after` is None, and `broken` says why, where the candidate can't be used. `answered` are the intents that have an
    answer, `cases` what became of the regression cases."""

    candidate: Release
    current: Release | None
    rows: tuple[LabelledText, ...]
    after: Served | None
    before: Served | None
    answered: frozenset[str] = frozenset()
    cases: tuple[Case, ...] = ()
    broken: str = ""


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
    progress: Progress = no_progress,
) -> Evidence:
    """Measure. A candidate that can't be used is evidence, not an error; a release that serves and can't be opened is no
    match for anything, and the candidate stands alone."""
    current = _openable(current, open_release)
    folders = [candidate.folder, *([current.folder] if current else [])]
    try:
        candidate.verify()
        served = serve_test(folders, open_release, rows, progress)
    except (NluError, RetrievalError) as error:
        return Evidence(candidate, current, rows, None, None, answered, cases, str(error))
    return Evidence(candidate, current, rows, served[0], served[1] if current else None, answered, cases)


def _openable(release: Release | None, open_release: OpenRelease) -> Release | None:
    try:
        if release is not None:
            open_release(release.folder)
    except (NluError, RetrievalError):
        return None
    return release
