"""The files of a release folder: their names, and reading them with clear errors."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlu.errors import NluError

FORMAT = 2


class BadRelease(NluError):
    """A release folder lacks a file or holds one that can't be read."""


@dataclass(frozen=True, slots=True)
class ReleaseFiles:
    """Where each part of a release lies. `manifest` is written last: a folder without it is no release."""

    folder: Path

    @property
    def manifest(self) -> Path:
        return self.folder / "manifest.json"

    @property
    def tokenizer(self) -> Path:
        return self.folder / "tokenizer.json"

    @property
    def heads(self) -> Path:
        return self.folder / "heads.safetensors"

    @property
    def labels(self) -> Path:
        return self.folder / "labels.json"

    @property
    def words(self) -> Path:
        return self.folder / "words.json"

    @property
    def fusion(self) -> Path:
        return self.folder / "fusion.json"

    @property
    def examples(self) -> Path:
        return self.folder / "examples.jsonl"

    @property
    def index(self) -> Path:
        return self.folder / "examples.faiss"

    @property
    def study(self) -> Path:
        """What a search for hyperparameters tried; there only after one."""
        return self.folder / "study.json"

    @property
    def baseline(self) -> Path:
        """What held-out messages were like; there only where enough were held out."""
        return self.folder / "baseline.json"

    @property
    def gate(self) -> Path:
        """What the gate said of it; there only after a retraining."""
        return self.folder / "gate.json"

    def encoder(self, precision: str) -> Path:
        return self.folder / f"encoder.{precision}.onnx"

    def check(self) -> None:
        """Refuse an unfinished folder.

        Raises BadRelease naming the file that is missing."""
        needed = (
            self.manifest,
            self.tokenizer,
            self.heads,
            self.labels,
            self.words,
            self.fusion,
            self.examples,
            self.index,
        )
        for path in needed:
            if not path.is_file():
                raise BadRelease(f"{self.folder}: not a whole release, {path.name} is missing")

    def read_manifest(self) -> dict[str, Any]:
        """What the release was made from and how good it is.

        Raises BadRelease for a manifest of another format than this version reads."""
        manifest = read_json(self.manifest)
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            met = manifest.get("format") if isinstance(manifest, dict) else manifest
            raise BadRelease(f"{self.manifest}: format {met!r}, this kefu reads {FORMAT}: train again")
        return manifest


def read_json(path: Path) -> Any:
    """Read a JSON file of a release.

    Raises BadRelease with the file and the place of the error."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadRelease(f"{path}: can't be read: {error}") from error
