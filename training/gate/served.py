"""Releases answer the test messages as they would answer customers: the very files, through the serving code."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from nlu.files import ReleaseFiles
from nlu.tagging import Span
from nlu.understander import Understander
from nlu.understanding import Understanding
from retrieval.budget import Budget
from retrieval.candidates import Findings
from retrieval.example_files import read_examples
from retrieval.retriever import Retriever
from training.dataset import LabelledText, near_duplicate_key
from training.features import Progress, no_progress
from training.predictions import IntentPredictions
from training.turns import OUT_OF_SCOPE

OpenRelease = Callable[[Path], tuple[Understander, Retriever]]

WARM_UP = 5  # messages, before times count


@dataclass(frozen=True, slots=True)
class Met:
    """What a release made of one message. `probs` of the intents in scope; `milliseconds` it took."""

    probs: dict[str, float]
    confidence: float
    scope: float
    spans: frozenset[Span]
    milliseconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """A release in use on n messages. `labels` are the intents in scope, `remembered` all that have an example in the
    memory, `learned` the near-duplicate keys of what it has learned from."""

    folder: Path
    labels: tuple[str, ...]
    remembered: frozenset[str]
    n_examples: int
    budget: Budget
    prior_shift: float
    learned: frozenset[str]
    met: tuple[Met, ...]

    @property
    def megabytes(self) -> float:
        return sum(path.stat().st_size for path in self.folder.iterdir()) / 1e6

    @property
    def median_ms(self) -> float:
        return float(np.median([one.milliseconds for one in self.met]))

    def knows(self, row: LabelledText) -> bool:
        """Whether it learned from a text in nearly the same words."""
        return near_duplicate_key(row.text) in self.learned

    def predictions(self, rows: Sequence[LabelledText], at: Sequence[int]) -> IntentPredictions:
        """What it took the messages `at` these places of `rows` for; those must have an intent."""
        met = [self.met[i] for i in at]
        probs = np.array([[one.probs.get(label, 0.0) for label in self.labels] for one in met])
        return IntentPredictions(
            tuple(rows[i].text for i in at),
            tuple(str(rows[i].intent) for i in at),
            self.labels,
            probs / np.maximum(probs.sum(axis=1, keepdims=True), 1e-12),
            np.array([one.confidence for one in met]),
            np.array([one.scope for one in met]),
            prior_shift=self.prior_shift,
        )


def as_json(served: Served) -> dict[str, Any]:
    """For a file; `of_json` reads it back."""
    content = asdict(served) | {"folder": str(served.folder)}
    content |= {name: sorted(content[name]) for name in ("remembered", "learned")}
    content["met"] = [one | {"spans": sorted(one["spans"])} for one in content["met"]]
    return content


def of_json(content: Mapping[str, Any]) -> Served:
    """What `as_json` gave."""
    met = tuple(
        Met(**{**one, "spans": frozenset((int(a), int(b), str(c)) for a, b, c in one["spans"])})
        for one in content["met"]
    )
    return Served(
        Path(content["folder"]),
        tuple(content["labels"]),
        frozenset(content["remembered"]),
        content["n_examples"],
        Budget(**content["budget"]),
        content["prior_shift"],
        frozenset(content["learned"]),
        met,
    )


def serve_test(
    folders: Sequence[Path],
    opened: Sequence[tuple[Understander, Retriever]],
    rows: Sequence[LabelledText],
    progress: Progress = no_progress,
) -> list[Served]:
    """Put every message to every release, one release after the other for each message, so that a busy moment slows all."""
    for row in rows[:WARM_UP]:
        for understander, retriever in opened:
            _meet(row.text, understander, retriever)
    met: list[list[Met]] = [[] for _ in opened]
    for n, row in enumerate(rows):
        progress("evaluation", n, len(rows))
        for found, (understander, retriever) in zip(met, opened, strict=True):
            found.append(_meet(row.text, understander, retriever))
    return [
        _served(folder, retriever, found)
        for folder, (_, retriever), found in zip(folders, opened, met, strict=True)
    ]


def _meet(text: str, understander: Understander, retriever: Retriever) -> Met:
    started = perf_counter()
    understanding = understander.understand_batch([text])[0]
    findings = _search(understanding, retriever)
    took = (perf_counter() - started) * 1000
    return Met(
        {ranked.intent: ranked.prob for ranked in findings.intents},
        findings.confidence,
        findings.scope_prob,
        frozenset((entity.start, entity.end, entity.label) for entity in understanding.entities),
        took,
    )


def _search(understanding: Understanding, retriever: Retriever) -> Findings:
    return retriever.search(
        understanding.read_as, understanding.vector, understanding.class_probs, top=len(retriever.intents)
    )


def _served(folder: Path, retriever: Retriever, met: Sequence[Met]) -> Served:
    examples, _ = read_examples(ReleaseFiles(folder).examples)
    return Served(
        folder,
        tuple(intent for intent in retriever.intents if intent != OUT_OF_SCOPE),
        frozenset(retriever.memory.intents),
        len(retriever.memory),
        retriever.budget,
        retriever.fusion.prior_shift,
        frozenset(near_duplicate_key(examples[row].text) for row in examples.rows().tolist()),
        tuple(met),
    )
