"""Every labelled message as a training reads it that has not seen it."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlu.spelling import count_words
from training.calibrate import calibrate, n_folds
from training.dataset import Dataset, LabelledText, folds
from training.fast import intent_labels, learnable, messages
from training.features import Features, encode_rows
from training.names import encode_names, names_of
from training.registry import Registry
from training.several import several_labels
from training.trained import Options, Watch, frozen_encoder


@dataclass(frozen=True, slots=True, eq=False)
class CrossRead:
    """Rows with an intent, and the probability (rows, labels) of each intent from models without their fold."""

    rows: tuple[LabelledText, ...]
    labels: tuple[str, ...]
    probs: NDArray[np.float64]

    @property
    def gold(self) -> NDArray[np.intp]:
        """The column of each row's own intent: (rows,)."""
        column = {label: i for i, label in enumerate(self.labels)}
        return np.array([column[str(row.intent)] for row in self.rows], np.intp)

    @property
    def others(self) -> NDArray[np.float64]:
        """The probabilities of what a row is not labelled with; -1 for each of its own intents, of which it may have several."""
        others = self.probs.copy()
        column = {label: i for i, label in enumerate(self.labels)}
        others[np.arange(len(self.rows)), self.gold] = -1.0
        for i, row in enumerate(self.rows):
            others[i, [column[name] for name in row.further if name in column]] = -1.0
        return others


def cross_read(dataset: Dataset, options: Options, registry: Registry, watch: Watch) -> CrossRead:
    """Encode the labelled rows as `kefu train --speed fast` does, and read each fold by what the others teach.

    No release is made; the encoder's files of an earlier one are used again."""
    rows = dataset.labelled()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with watch.stage("encoder to ONNX"):
            frozen_encoder(rows, folder, options, registry)
        with watch.stage("encoding"):
            words = count_words(row.for_encoder for row in dataset.rows)
            features = encode_rows(rows, folder, options.precision, watch.progress, words=words)
        with watch.stage("reading each part by the others"):
            spoken = encode_names(several_labels(rows), folder, options.precision)
            return read_folds(features, spoken, seed=options.seed)


def read_folds(features: Features, spoken: Features, *, seed: int = 0) -> CrossRead:
    """`spoken` are the names of the intents as texts."""
    labels = intent_labels(features)
    known = learnable(features, labels)
    fold_of = folds(known.rows, n_folds(len(known.rows)), seed=seed)
    names = names_of(spoken, labels)
    calibrated = calibrate(messages(known), labels, fold_of, names=names, seed=seed)
    return CrossRead(known.rows, labels, calibrated.fused.probs[: len(known.rows)])
