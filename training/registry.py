"""The releases of a workspace: made beside, moved into place whole, one of them current."""

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nlu.files import FORMAT, BadRelease, ReleaseFiles, read_json
from training.errors import TrainingError

CURRENT = "current"


@dataclass(frozen=True, slots=True)
class Release:
    """A whole release on disk with its manifest."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def name(self) -> str:
        return self.folder.name


class Registry:
    """WORKSPACE/releases: one folder a release, and a file `current` with the name of the one that serves."""

    def __init__(self, workspace: Path) -> None:
        self.folder = workspace / "releases"

    def releases(self) -> list[Release]:
        """All whole releases, oldest first; unfinished folders are passed over."""
        found = []
        for folder in sorted(self.folder.glob("*/")):
            if not folder.name.startswith("."):
                with contextlib.suppress(BadRelease):
                    found.append(self.open(folder.name))
        return sorted(found, key=lambda release: str(release.manifest.get("created_at", "")))

    def open(self, name: str) -> Release:
        """One release by name.

        Raises BadRelease if it isn't there, unfinished, or of a format this version can't read."""
        files = ReleaseFiles(self.folder / name)
        if not files.folder.is_dir():
            raise BadRelease(f"{self.folder}: no release {name!r}")
        files.check()
        manifest = read_json(files.manifest)
        if manifest.get("format") != FORMAT:
            raise BadRelease(
                f"{files.manifest}: format {manifest.get('format')!r}, this kefu reads {FORMAT}: train again"
            )
        return Release(files.folder, manifest)

    def current(self) -> Release | None:
        """The release that serves, or None before the first training.

        Raises BadRelease if the one named is broken."""
        pointer = self.folder / CURRENT
        return self.open(pointer.read_text("utf-8").strip()) if pointer.is_file() else None

    def promote(self, name: str) -> Release:
        """Make a release current, in one step that a crash can't halve."""
        release = self.open(name)
        temporary = self.folder / f".{CURRENT}.{os.getpid()}"
        temporary.write_text(f"{name}\n", "utf-8")
        temporary.replace(self.folder / CURRENT)
        return release

    @contextlib.contextmanager
    def staging(self) -> Iterator[Path]:
        """A folder to build a release in; gone afterwards unless `finish` moved it into place.

        Raises TrainingError when the disk won't take it."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix=".building-", dir=self.folder))
        except OSError as error:
            raise TrainingError(f"{self.folder}: can't be written: {error.strerror}") from error
        try:
            yield folder
        except OSError as error:
            raise TrainingError(f"{self.folder}: the release could not be written: {error}") from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def finish(self, staging: Path, manifest: dict[str, Any], *, speed: str) -> Release:
        """Write the manifest and move the folder into place under a name of its date and speed."""
        moment = datetime.now(UTC)
        base = f"{moment:%Y-%m-%d-%H%M%S}-{speed}"
        name = next(
            n for n in (base, *(f"{base}-{i}" for i in range(2, 100))) if not (self.folder / n).exists()
        )
        whole = {
            "format": FORMAT,
            "name": name,
            "created_at": moment.isoformat(timespec="seconds"),
            **manifest,
        }
        ReleaseFiles(staging).manifest.write_text(json.dumps(whole, indent=1, ensure_ascii=False), "utf-8")
        staging.chmod(0o755)
        staging.rename(self.folder / name)
        return self.open(name)
