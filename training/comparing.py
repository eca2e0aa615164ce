"""Two releases beside each other: their figures, and what became of each intent."""

import json
from dataclasses import dataclass
from typing import Any

from training.errors import TrainingError
from training.registry import Release
from training.turns import OUT_OF_SCOPE

FIGURES = {
    "intents right": "accuracy",
    "macro F1": "macro_f1",
    "entities F1": "span_f1",
    "answered": "coverage",
    "of those wrong": "wrong_answers",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of both, 0..1; None where one has none."""

    name: str
    before: float | None
    after: float | None

    @property
    def change(self) -> float | None:
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True, slots=True)
class IntentChange:
    """The F1 of an intent that both know, and on how many messages the later one was measured."""

    name: str
    before: float
    after: float
    n_messages: int

    @property
    def change(self) -> float:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from one release to another. `is_same_data`: they learned from the very same dialogues."""

    names: tuple[str, str]
    is_same_data: bool
    figures: tuple[Figure, ...]
    intents: tuple[IntentChange, ...]
    added: tuple[str, ...]
    gone: tuple[str, ...]


def compare(one: Release, other: Release) -> Comparison:
    """Raises TrainingError where a report can't be read."""
    before, after = one.manifest, other.manifest
    old, new = _classes(one), _classes(other)
    intents = [release["data"]["intents"].keys() - {OUT_OF_SCOPE} for release in (before, after)]
    return Comparison(
        (one.name, other.name),
        before["data"]["fingerprint"] == after["data"]["fingerprint"],
        tuple(
            Figure(name, before["metrics"].get(key), after["metrics"].get(key))
            for name, key in FIGURES.items()
        ),
        tuple(
            IntentChange(name, old[name]["f1"], new[name]["f1"], new[name]["support"])
            for name in sorted(old.keys() & new.keys())
        ),
        tuple(sorted(intents[1] - intents[0])),
        tuple(sorted(intents[0] - intents[1])),
    )


def _classes(release: Release) -> dict[str, dict[str, Any]]:
    """The figures of each intent, by name."""
    path = release.folder / "report.json"
    try:
        report = json.loads(path.read_text("utf-8"))
        return {one["label"]: one for one in report["intent"]["classes"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"{path}: can't be read: {error!r}") from error
