"""What messages are like, in counts: of a release's held-out messages, and of a day of live ones, to lay side by side."""

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from nlu.files import BadRelease, read_json

Measure = Literal["length", "language", "intent", "distance", "sure"]
MEASURES: tuple[Measure, ...] = ("length", "language", "intent", "distance", "sure")

LENGTHS = (6, 9, 13, 18, 26, 36, 51, 72, 102, 145, 205, 290, 410)  # characters; each bin is 1.4 times as wide
NEARNESS = tuple(round(0.05 * step, 2) for step in range(4, 20))  # cosines
UNKNOWN_LANGUAGE = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """One message: its length in characters, the intent it is taken for (None: nothing in scope), the cosine of the nearest
    example of the memory (None where nobody searched), and whether it is sure enough to be answered.

    `group` is the dialogue it belongs to."""

    group: object
    length: int
    language: str
    intent: str | None
    nearest: float | None
    is_sure: bool


@dataclass(frozen=True, slots=True)
class Profile:
    """Shares of messages by bin, for each measure, summed over dialogues; bins are named "0", "1", ... where they are of
    numbers.

    `n` messages of `n_groups` dialogues. Messages of one dialogue are alike and no independent evidence, so that each
    dialogue counts as one, its messages in equal parts."""

    n: int = 0
    n_groups: int = 0
    counts: Mapping[str, Mapping[str, float]] = field(default_factory=lambda: {one: {} for one in MEASURES})

    def __add__(self, other: "Profile") -> "Profile":
        counts: dict[str, Mapping[str, float]] = {
            one: _summed(self.counts[one], other.counts[one]) for one in MEASURES
        }
        return Profile(self.n + other.n, self.n_groups + other.n_groups, counts)

    def to_json(self) -> dict[str, Any]:
        """As JSON's own types."""
        counts = {one: {name: round(n, 6) for name, n in self.counts[one].items()} for one in MEASURES}
        return {"n": self.n, "n_groups": self.n_groups, "counts": counts}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Profile":
        """From what `to_json` gave. Raises KeyError, TypeError, ValueError or AttributeError for anything else."""
        counts: dict[str, Mapping[str, float]] = {
            one: {str(k): float(n) for k, n in stored["counts"][one].items()} for one in MEASURES
        }
        return cls(int(stored["n"]), int(stored["n_groups"]), counts)


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the held-out messages of a release were like; `sure_from` is the confidence that counts as sure enough."""

    profile: Profile
    sure_from: float

    def save(self, path: Path) -> None:
        """Write it beside the release's other files."""
        content = {"sure_from": self.sure_from, **self.profile.to_json()}
        path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")

    @classmethod
    def load(cls, path: Path) -> "Baseline | None":
        """None where the release has none: it was made without held-out messages, or by an earlier version.

        Raises BadRelease for a file that can't be read."""
        if not path.is_file():
            return None
        content = read_json(path)
        try:
            return cls(Profile.from_json(content), float(content["sure_from"]))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadRelease(f"{path}: can't be read: {error!r}") from error


def profile_of(messages: Iterable[Seen]) -> Profile:
    """Count messages."""
    by_group: dict[object, list[Seen]] = {}
    for seen in messages:
        by_group.setdefault(seen.group, []).append(seen)
    counts: dict[str, dict[str, float]] = {one: {} for one in MEASURES}
    for group in by_group.values():
        for seen in group:
            for measure, name in _bins(seen):
                counts[measure][name] = counts[measure].get(name, 0.0) + 1 / len(group)
    return Profile(sum(map(len, by_group.values())), len(by_group), counts)


def _bins(seen: Seen) -> Iterator[tuple[Measure, str]]:
    yield "length", str(bisect_right(LENGTHS, seen.length))
    yield "language", seen.language
    yield "intent", seen.intent or ""
    yield "sure", str(int(seen.is_sure))
    if seen.nearest is not None:
        yield "distance", str(bisect_right(NEARNESS, seen.nearest))


def _summed(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    return {name: one.get(name, 0.0) + other.get(name, 0.0) for name in {**one, **other}}
