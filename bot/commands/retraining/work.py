"""What every step of a retraining is given, and the files that go from one to the next."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bot.settings import Settings
from bot.store.candidates.retrainings import Retraining
from bot.store.store import Store
from training.dataset import Dataset, check, read_dataset
from training.dialogues import read_dialogues
from training.errors import TrainingError
from training.gate.frozen import Frozen, read_frozen, split_frozen
from training.registry import Registry, Release
from training.whole_files import write_whole

Show = Callable[[str, int, int], None]  # stage, done, total


@dataclass
class Work:
    """One retraining at work. `show` is told how far a step is."""

    settings: Settings
    store: Store
    retraining: Retraining
    show: Show
    choices: dict[str, Any] = field(default_factory=dict)  # for the training, what kefu.toml doesn't say

    @property
    def folder(self) -> Path:
        return self.settings.folder / ".kefu" / "retraining" / str(self.retraining.id)

    @property
    def merged(self) -> Path:
        """What is learned from."""
        return self.folder / "merged.jsonl"

    @property
    def evidence(self) -> Path:
        """What the gate decides on."""
        return self.folder / "evidence.json"

    @property
    def registry(self) -> Registry:
        return Registry(self.settings.folder)

    @property
    def frozen(self) -> Frozen:
        return read_frozen(self.settings.folder)

    @property
    def candidate(self) -> Release:
        """Raises TrainingError before the training, BadRelease where it is gone."""
        if not self.retraining.release:
            raise TrainingError("there is no candidate yet; `kefu retrain train` makes it")
        return self.registry.open(self.retraining.release)

    def keep_choices(self) -> None:
        """For whoever goes on."""
        write_whole(self.folder / "choices.json", [json.dumps(self.choices)])

    def find_choices(self) -> None:
        """Those of whoever began."""
        path = self.folder / "choices.json"
        if path.exists():
            self.choices = json.loads(path.read_text("utf-8"))

    def check_merged(self) -> None:
        if not self.merged.exists():
            raise TrainingError(f"{self.merged}: not found; `kefu retrain merge` makes it")

    def clear(self) -> None:
        """What only this retraining needed."""
        shutil.rmtree(self.folder, ignore_errors=True)


def read_merged(work: Work) -> Dataset:
    """What is learned from, and the test part.

    Raises TrainingError before the merge, and where a model can't be trained on it."""
    work.check_merged()
    dataset = read_dataset(read_dialogues([work.merged]))
    check(replace(dataset, rows=split_frozen(dataset, work.frozen.test).train))
    return dataset
