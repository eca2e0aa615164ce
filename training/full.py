"""The full training beside the fast one: the better of the two on validation messages is kept."""

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from nlu.heads import Heads
from training.base_model import resolve
from training.calibrate import FEW_MESSAGES
from training.dataset import Dataset, LabelledText, Split, split
from training.errors import TrainingError
from training.export import load_transformer
from training.fast import fit_heads
from training.features import Progress
from training.fine_tune import Tuned, fine_tune, last_checkpoint
from training.finishing import finish, judge, learn_again
from training.full_search import MEASURE, search_full
from training.hyperparameters import Hyperparameters
from training.mixing import MIX_SHARES
from training.names import name_rows
from training.off_topic import is_off_topic
from training.pace import in_words
from training.ranks import OtherRank, leave_group, rank
from training.registry import Registry
from training.search import find_study, found_by, unfinished_study
from training.sentiment import is_shipped_sentiment
from training.trained import (
    ENCODER_FILES,
    Options,
    Trained,
    Watch,
    fingerprint_of,
    train_fast,
)
from training.turns import OUT_OF_SCOPE

VALID_SHARE = 0.12
OFF_TOPIC_STEP = 8  # every eighth of the shipped messages is for validation
MIN_VALID = 10  # messages in scope; fewer can't tell which training is better
CHECKPOINTS = ".kefu"
A_DAY_S = 86400


def train_full(parts: Split, folder: Path, options: Options, registry: Registry, watch: Watch) -> Trained:
    """Fine-tune, and keep the result only where it is no worse than the fast training on validation messages.

    Raises TrainingError where it is interrupted and can go on later, and OtherRank in all processes of
    torchrun but the first."""
    fast = train_fast(parts, folder, options, registry, watch)
    cut = split(Dataset(parts.train), test_share=VALID_SHARE, seed=options.seed + 1)
    n_valid = sum(row.intent in fast.model.labels and row.intent != OUT_OF_SCOPE for row in cut.test)
    if n_valid < MIN_VALID:
        if rank() != 0:
            raise OtherRank
        note = f"{n_valid} messages to check a full training with, wanted {MIN_VALID}: the fast one was kept."
        return replace(fast, notes=(note,))
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(torch.get_num_threads() * 2)  # whole batches pay for more threads; heads don't
    rows = fast.train.rows
    positions = {id(row): i for i, row in enumerate(rows)}
    off_topic = [i for i, row in enumerate(rows) if is_off_topic(row)]
    valid_at = [*(positions[id(row)] for row in cut.test), *off_topic[::OFF_TOPIC_STEP]]
    train_at = sorted({*range(len(rows))}.difference(valid_at))
    start = fit_heads(
        fast.train.only(train_at),
        fast.model.labels,
        fast.model.calibrated,
        fast.model.sentiment,
        seed=options.seed,
    )
    # What ships with a sentiment stays unseen, so that the head can be fitted on it afterwards.
    taught = [rows[i] for i in train_at if not is_shipped_sentiment(rows[i])]
    named = name_rows(tuple(fast.model.calibrated.names.vectors))
    transformer, tokenizer = load_transformer(resolve(options.base_model))
    tuner = Tuner(
        transformer, tokenizer, start, [*taught, *named], [rows[i] for i in valid_at],
        registry.folder.parent / CHECKPOINTS, fingerprint_of(parts, options, fast.agreement), options,
    )  # fmt: skip
    are_few = len(parts.train) <= FEW_MESSAGES
    study, tuned, hyperparameters = None, None, options.hyperparameters
    if options.search:
        study = find_study(registry, tuner.fingerprint, speed="full", measure=MEASURE)
        path = unfinished_study(registry, tuner.fingerprint)
        with watch.stage("search"):
            study, tuned = search_full(
                study, path, tuner,
                n_trials=options.search, n_after=int(are_few), seed=options.seed,
                progress=watch.progress, tell=watch.tell,
            )  # fmt: skip
        hyperparameters = found_by(study)
    if tuned is None:
        tuned = _tune(tuner, hyperparameters, watch, rounds=2 if are_few else 1)
    again = None
    if are_few:  # one in eight that only judged is missed, and too few judge to say when to stop
        everybody = [*(row for row in rows if not is_shipped_sentiment(row)), *named]
        again = _tune(
            replace(tuner, start=fast.model.heads, train=everybody, share=MIX_SHARES[-1]),
            hyperparameters,
            watch,
        )
    leave_group()
    if rank() != 0:
        raise OtherRank
    beside = folder / "tuned"
    beside.mkdir()
    at = (train_at, valid_at)
    full, after = finish(tuned, tokenizer, fast, parts, at, beside, options, watch)
    before = judge(fast.train, at, fast.model, start)
    kept = "full" if after.score >= before.score else "fast"
    if kept == "full":
        if again:
            full = learn_again(again, full, tokenizer, parts, beside, options, watch)
        for name in ENCODER_FILES:
            (beside / name).replace(folder / name)
    shutil.rmtree(beside)
    tuner.clear(hyperparameters)
    note = f"Validation messages: full {after}; fast {before}. The {kept} training was kept."
    trained = replace(full, hyperparameters=hyperparameters) if kept == "full" else fast
    return replace(trained, notes=(note,), curves=tuned.curves, study=study)


def _tune(tuner: "Tuner", hyperparameters: Hyperparameters, watch: Watch, *, rounds: int = 0) -> Tuned:
    """Train, and where that is interrupted say whether it can go on. `rounds` is how many such trainings there will be,
    0 where that was told before."""

    def expect(seconds: float) -> None:
        wait = in_words(rounds * seconds)
        watch.tell(f"up to about {wait} on this CPU; Ctrl-C keeps whole epochs")

    with watch.stage("fine-tuning"):
        try:
            return tuner(hyperparameters, progress=watch.progress, expect=expect if rounds else None)
        except KeyboardInterrupt:
            if rank() != 0 or last_checkpoint(tuner.checkpoints(hyperparameters)) is None:
                raise
            raise TrainingError("interrupted; the same command goes on from the last whole epoch") from None


@dataclass(frozen=True, slots=True, eq=False)
class Tuner:
    """A full training of which only the hyperparameters are open: from the heads of `start`, on `train` rows, watched on
    `valid` ones or, with a `share`, on none; see `fine_tune`. On the way it keeps checkpoints in `folder`."""

    transformer: Any
    tokenizer: Any
    start: Heads
    train: Sequence[LabelledText]
    valid: Sequence[LabelledText]
    folder: Path
    fingerprint: str
    options: Options
    share: float | None = None

    def __call__(
        self,
        hyperparameters: Hyperparameters,
        *,
        progress: Progress,
        report: Callable[[float], None] | None = None,
        expect: Callable[[float], None] | None = None,
    ) -> Tuned:
        """Train, or go on with what was interrupted; see `fine_tune`."""
        return fine_tune(
            self.transformer, self.tokenizer, self.start, self.train, self.valid,
            self.checkpoints(hyperparameters), hyperparameters=hyperparameters,
            epochs=self.options.epochs, seed=self.options.seed, share=self.share,
            progress=progress, report=report, expect=expect,
        )  # fmt: skip

    def checkpoints(self, hyperparameters: Hyperparameters) -> Path:
        """Where a training goes on from."""
        name = f"{self.fingerprint} {hyperparameters}"
        folder = self.folder / f"full-{hashlib.sha256(name.encode()).hexdigest()[:12]}"
        return folder / "again" if self.share else folder

    def clear(self, hyperparameters: Hyperparameters) -> None:
        """Remove the way to a finished training, and those nobody has gone on with for a day."""
        done = self.checkpoints(hyperparameters)
        for folder in self.folder.glob("full-*"):
            if folder == done or time.time() - folder.stat().st_mtime > A_DAY_S:
                shutil.rmtree(folder, ignore_errors=True)
