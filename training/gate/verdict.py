"""What the gate says of a release, kept beside its files."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nlu.files import ReleaseFiles
from training.errors import TrainingError
from training.whole_files import write_whole


@dataclass(frozen=True, slots=True)
class Check:
    """One condition. `reason` says what was met and what was wanted."""

    name: str
    has_passed: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says of a release, and against which one it was measured, None for the first."""

    release: str
    against: str | None
    n_messages: int
    checks: tuple[Check, ...]

    @property
    def has_passed(self) -> bool:
        return all(check.has_passed for check in self.checks)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it was refused."""
        return tuple(f"{check.name}: {check.reason}" for check in self.checks if not check.has_passed)


def as_json(verdict: Verdict) -> dict[str, Any]:
    return {"has_passed": verdict.has_passed, **asdict(verdict)}


def of_json(content: Mapping[str, Any]) -> Verdict:
    """What `as_json` gave."""
    found = tuple(Check(one["name"], one["has_passed"], one["reason"]) for one in content["checks"])
    return Verdict(content["release"], content["against"], content["n_messages"], found)


def store_verdict(verdict: Verdict, release: Path) -> None:
    """Keep it in the folder of the release."""
    content = {"judged_at": datetime.now(UTC).isoformat(timespec="seconds"), **as_json(verdict)}
    write_whole(ReleaseFiles(release).gate, [json.dumps(content, indent=1, ensure_ascii=False)])


def read_verdict(release: Path) -> Verdict | None:
    """What the gate said of a release, None where it wasn't asked.

    Raises TrainingError for a file that can't be read."""
    path = ReleaseFiles(release).gate
    if not path.exists():
        return None
    try:
        return of_json(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise TrainingError(f"{path}: can't be read: {error!r}") from error
