"""Labels that are probably wrong: confident learning (Northcutt et al. 2021)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.checking.cross_reading import CrossRead
from training.dataset import LabelledText


@dataclass(frozen=True, slots=True)
class Suspect:
    """A message whose label is probably wrong: the intent it has, and the one it seems to mean, with their
    probabilities from models that haven't seen it."""

    row: LabelledText
    given: str
    likely: str
    given_prob: float
    likely_prob: float


def margins(read: CrossRead) -> NDArray[np.float64]:
    """How much likelier each row's first intent is than any that it isn't labelled with, -1 to 1: (rows,)."""
    own = read.probs[np.arange(len(read.rows)), read.gold]
    found: NDArray[np.float64] = own - read.others.max(axis=1)
    return found


def suspects(read: CrossRead) -> list[Suspect]:
    """The rows that look more like another intent than that intent's own rows do on average, the clearest first."""
    gold, everyone = read.gold, np.arange(len(read.rows))
    own = read.probs[everyone, gold]
    usual = np.array([own[gold == i].mean() if (gold == i).any() else 1.0 for i in range(len(read.labels))])
    looks = np.where(read.others >= usual, read.others, -1.0)
    likely = looks.argmax(axis=1)
    is_suspect = looks.max(axis=1) > own
    order = np.argsort(margins(read), kind="stable")
    return [
        Suspect(
            read.rows[i],
            read.labels[gold[i]],
            read.labels[likely[i]],
            float(own[i]),
            float(read.probs[i, likely[i]]),
        )
        for i in order
        if is_suspect[i]
    ]
