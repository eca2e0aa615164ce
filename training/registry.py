"""The releases of a workspace: made beside, moved into place whole, one of them current."""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nlu.files import FORMAT, BadRelease, ReleaseFiles
from training.errors import TrainingError
from training.gate.verdict import read_verdict
from training.whole_files import write_whole

CURRENT = "current"
BUILDING = ".building-"
LOCK = ".lock"  # one training at a time looks for a folder of its own


class GateRefused(TrainingError):
    """A release was found worse than the one that serves."""


@dataclass(frozen=True, slots=True)
class Release:
    """A whole release on disk with its manifest."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def name(self) -> str:
        return self.folder.name

    def verify(self) -> None:
        """Compare every file with what was written.

        Raises BadRelease naming the one that differs."""
        for name, wanted in self.manifest["files"].items():
            if (met := file_digest(self.folder / name)) != wanted:
                raise BadRelease(f"{self.folder / name}: sha256 {met}, written was {wanted}")


class Registry:
    """WORKSPACE/releases: one folder a release, and a file `current` with the name of the one that serves."""

    def __init__(self, workspace: Path) -> None:
        self.folder = workspace / "releases"

    def releases(self) -> list[Release]:
        """All whole releases, oldest first; see `broken` for the rest."""
        found = []
        for name in self._names():
            with contextlib.suppress(BadRelease):
                found.append(self.open(name))
        return sorted(found, key=lambda release: str(release.manifest["created_at"]))

    def broken(self) -> dict[str, str]:
        """Folders that are no usable release, by name, with the reason."""
        found = {}
        for name in self._names():
            try:
                self.open(name)
            except BadRelease as error:
                found[name] = str(error)
        return found

    def _names(self) -> list[str]:
        return sorted(folder.name for folder in self.folder.glob("*/") if not folder.name.startswith("."))

    def open(self, name: str) -> Release:
        """One release by name.

        Raises BadRelease if it isn't there, unfinished, or of a format this version can't read."""
        files = ReleaseFiles(self.folder / name)
        if Path(name).name != name or not files.folder.is_dir():
            raise BadRelease(f"{self.folder}: no release {name!r}")
        files.check()
        manifest = files.read_manifest()
        missing = {"created_at", "files", "metrics", "data", "encoder"} - manifest.keys()
        if missing:
            raise BadRelease(f"{files.manifest}: lacks {', '.join(sorted(missing))}")
        return Release(files.folder, manifest)

    def current_name(self) -> str | None:
        """The name in `current`, whether that release can be opened or not; None before the first training."""
        pointer = self.folder / CURRENT
        return pointer.read_text("utf-8").strip() if pointer.is_file() else None

    def current(self) -> Release | None:
        """The release that serves, or None before the first training.

        Raises BadRelease if the one named is broken."""
        name = self.current_name()
        return None if name is None else self.open(name)

    def find(self, name: str) -> Release:
        """One release by its name, or as "current" or "previous".

        Raises TrainingError or BadRelease if it isn't there or can't be used."""
        if name == "previous":
            return self.previous()
        if name != CURRENT:
            return self.open(name)
        current = self.current()
        if current is None:
            raise TrainingError(f"{self.folder}: no release is current yet; `kefu releases promote NAME`")
        return current

    def previous(self) -> Release:
        """The last whole release made before the current one, or the newest where that isn't known any more.

        Raises TrainingError if there is none."""
        releases = self.releases()
        names = [release.name for release in releases]
        current = self.current_name()
        before = releases[: names.index(current)] if current in names else releases
        if not before:
            raise TrainingError(f"{self.folder}: no release before the current one")
        return before[-1]

    def promote(self, name: str, *, despite_gate: bool = False) -> Release:
        """Make a release current, in one step that a crash can't halve.

        Raises BadRelease if a file of it differs from what was written, GateRefused if the gate did and
        `despite_gate` isn't set."""
        release = self.open(name)
        release.verify()
        verdict = read_verdict(release.folder)
        if verdict is not None and not verdict.has_passed and not despite_gate:
            reasons = "; ".join(verdict.reasons)
            raise GateRefused(
                f"{release.folder}: the gate refused it: {reasons}. --despite-gate takes it all the same"
            )
        write_whole(self.folder / CURRENT, [f"{name}\n"])
        return release

    @contextlib.contextmanager
    def staging(self) -> Iterator[Path]:
        """A folder to build a release in; gone afterwards unless `finish` moved it into place.

        Raises TrainingError when the disk won't take it."""
        try:
            folder, lock = self._new_folder()
        except OSError as error:
            raise TrainingError(f"{self.folder}: can't be written: {error.strerror or error}") from error
        try:
            yield folder
        except OSError as error:
            raise TrainingError(f"{self.folder}: the release could not be written: {error}") from error
        finally:
            os.close(lock)
            shutil.rmtree(folder, ignore_errors=True)

    def _new_folder(self) -> tuple[Path, int]:
        """An empty folder, and the lock that tells it from what killed trainings left; the latter is removed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / LOCK).open("a") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            for left_over in self.folder.glob(f"{BUILDING}*"):
                with contextlib.suppress(
                    BlockingIOError, FileNotFoundError
                ):  # at work, or just moved into place
                    os.close(_lock(left_over))
                    shutil.rmtree(left_over, ignore_errors=True)
            folder = Path(tempfile.mkdtemp(prefix=BUILDING, dir=self.folder))
            return folder, _lock(folder)

    def finish(self, staging: Path, manifest: dict[str, Any], *, speed: str) -> Release:
        """Write the manifest and move the folder into place under a name of its date and speed."""
        moment = datetime.now(UTC)
        whole = {
            "format": FORMAT,
            "created_at": moment.isoformat(timespec="microseconds"),
            **manifest,
            "files": {path.name: file_digest(path) for path in sorted(staging.iterdir())},
        }
        ReleaseFiles(staging).manifest.write_text(json.dumps(whole, indent=1, ensure_ascii=False), "utf-8")
        for path in staging.iterdir():
            path.chmod(0o644)  # safetensors writes for the owner alone; another user may serve
        staging.chmod(0o755)
        return self.open(self._move(staging, f"{moment:%Y-%m-%d-%H%M%S}-{speed}"))

    def _move(self, staging: Path, base: str) -> str:
        """Rename the folder to a name nobody has, not even a training that ends at this very moment."""
        number = 1
        while True:
            name = base if number == 1 else f"{base}-{number}"
            number += 1
            if (self.folder / name).exists():
                continue
            try:
                staging.rename(self.folder / name)
            except OSError as error:
                if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                    raise
            else:
                return name


def _lock(folder: Path) -> int:
    """Hold a folder until the descriptor is closed, by a crash too. Raises BlockingIOError where another does."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def file_digest(path: Path) -> str:
    """SHA-256 of a file, "" where it can't be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
