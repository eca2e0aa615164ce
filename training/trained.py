"""What a training gives before it is evaluated and written: the model with the features it was made of."""

import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import torch

from nlu.spelling import count_words
from training.base_model import DEFAULT, resolve
from training.dataset import LabelledText, Split
from training.export import Agreement, check_agreement, encoder_digest, export, load_transformer
from training.fast import Model, fit, intent_labels
from training.features import Features, Progress, Tell, encode_rows, joined, no_progress, no_word
from training.hyperparameters import DEFAULTS, Hyperparameters, Speed
from training.long_rows import with_gists
from training.names import encode_names, names_of
from training.off_topic import off_topic_rows, without_own_topics
from training.registry import Registry, Release, file_digest
from training.search import find_study, found_by, unfinished_study
from training.sentiment import shipped_rows
from training.several import several_labels
from training.study import Study
from training.tag_search import MEASURE, search_tags

Precision = Literal["int8", "fp32"]
ENCODER_FILES = ("tokenizer.json", "encoder.fp32.onnx", "encoder.int8.onnx")
AGREEMENT_TEXTS = 32


@dataclass(frozen=True, slots=True)
class Options:
    """What the operator chose. `test_share` of the dialogues is held back for the report, 0 for none."""

    speed: Speed = "fast"
    base_model: str = DEFAULT
    max_wrong_answers: float = 0.05
    test_share: float = 0.15
    precision: Precision = "int8"
    seed: int = 0
    epochs: int | None = None  # of the full training; None: its own default
    search: int | None = None  # trials for better hyperparameters; None: those given are taken
    hyperparameters: Hyperparameters = DEFAULTS


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """A figure during the full training: loss or accuracy at an optimiser step, `epoch` a fraction too."""

    step: int
    epoch: float
    name: str
    value: float


@dataclass(slots=True)
class Watch:
    """Tells the operator what is going on, and keeps the seconds of each stage for the report."""

    progress: Progress = no_progress
    tell: Tell = no_word
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self.progress(name, 0, 0)
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A model fitted on the training rows, its encoder's files lying in the staging folder.

    `train` ends with the messages that ship with kefu: those off topic, then those with a sentiment. `words` are
    those of the training rows, which no message is corrected away from.
    `is_frozen`: the encoder is the base model as it came, so heads may be fitted again on more rows.
    `calibrated_at`: which training rows the first rows of `model.calibrated.evidence` are."""

    speed: Speed
    model: Model
    train: Features
    test: Features
    words: dict[str, int]
    agreement: Agreement
    is_frozen: bool
    calibrated_at: tuple[int, ...]
    hyperparameters: Hyperparameters = DEFAULTS
    study: Study | None = None  # where they were searched for
    curves: tuple[CurvePoint, ...] = ()
    notes: tuple[str, ...] = ()


def default_speed() -> Speed:
    """Full where a CUDA device can do it in minutes, fast elsewhere."""
    return "full" if torch.cuda.is_available() else "fast"


def train_fast(parts: Split, folder: Path, options: Options, registry: Registry, watch: Watch) -> Trained:
    """Frozen encoder, linear heads, memory."""
    if "OMP_NUM_THREADS" not in os.environ:
        # More threads than free cores make torch several times slower, not faster.
        torch.set_num_threads(max(1, (os.cpu_count() or 2) // 2))
    with watch.stage("encoder to ONNX"):
        agreement = frozen_encoder(parts.train, folder, options, registry)
    with watch.stage("encoding"):
        strangers, moods = off_topic_rows(parts.train), shipped_rows(parts.train)
        rows = (*parts.train, *parts.test, *strangers, *moods)
        words = count_words(row.for_encoder for row in parts.train)
        features = encode_rows(rows, folder, options.precision, watch.progress, words=words)
        sizes = len(parts.train), len(parts.test), len(strangers)
        own, _, off_topic, _ = features.cut(*sizes)
        off_topic = without_own_topics(own.with_intent(), off_topic)
        features = with_gists(features, own, off_topic, folder, options.precision, words=words)
    own, test, _, shipped = features.cut(*sizes)
    train = joined([own, off_topic, shipped])
    study, hyperparameters = None, options.hyperparameters
    if options.search and options.speed == "fast":
        study = find_study(registry, fingerprint_of(parts, options, agreement), speed="fast", measure=MEASURE)
        with watch.stage("search"):
            study = search_tags(
                study, unfinished_study(registry, study.fingerprint), train,
                n_trials=options.search, seed=options.seed, progress=watch.progress,
            )  # fmt: skip
        hyperparameters = found_by(study)
    with watch.stage("heads and calibration"):
        spoken = encode_names(several_labels(train.rows), folder, options.precision)
        names = names_of(spoken, intent_labels(train))
        model = fit(train, names, spoken=spoken, hyperparameters=hyperparameters, seed=options.seed)
    known = tuple(i for i, row in enumerate(parts.train) if row.intent in model.labels)
    return Trained(
        "fast", model, train, test, words, agreement, is_frozen=True, calibrated_at=known,
        hyperparameters=hyperparameters, study=study,
    )  # fmt: skip


def fingerprint_of(parts: Split, options: Options, agreement: Agreement) -> str:
    """Of all that a training or a search which goes on must have in common with the one that was interrupted."""
    plain = replace(options, search=None)
    content = "\n".join([repr(plain), agreement.digest, *(repr(row) for row in parts.train)])
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def frozen_encoder(
    rows: tuple[LabelledText, ...], folder: Path, options: Options, registry: Registry
) -> Agreement:
    """Put the base model's ONNX files into a folder, from an earlier release where one has the very same."""
    transformer, tokenizer = load_transformer(resolve(options.base_model))
    digest = encoder_digest(transformer, tokenizer)
    for release in reversed(registry.releases()):
        encoder = release.manifest["encoder"]
        if encoder.get("agreement", {}).get("digest") == digest and _is_whole(release):
            for name in ENCODER_FILES:
                _link(release.folder / name, folder / name)
            return Agreement(**encoder["agreement"])
    export(transformer, tokenizer, folder)
    return check_agreement(transformer, tokenizer, folder, [row.text for row in rows[:AGREEMENT_TEXTS]])


def _is_whole(release: Release) -> bool:
    files = release.manifest["files"]
    return all(file_digest(release.folder / name) == files.get(name) for name in ENCODER_FILES)


def _link(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)  # releases never change, so they may share a file
    except OSError:
        shutil.copyfile(source, target)
