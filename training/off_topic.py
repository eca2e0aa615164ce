"""What people write to every desk and no desk is for: the weather, jokes, homework, nonsense.

The messages ship with kefu, so that a desk knows what out of scope looks like before anybody has labelled it."""

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from training.dataset import LabelledText
from training.evidence import search_all
from training.features import Features
from training.turns import OUT_OF_SCOPE

SHIPPED = Path(__file__).parent / "off_topic.txt"
GROUP = "off topic"
NEAR = 0.1  # of the desk's own messages are as far from their nearest neighbour as what is still off topic

_HAN = re.compile(r"[\u3400-\u9fff]")


def off_topic_rows(own: Iterable[LabelledText]) -> list[LabelledText]:
    """The shipped messages in the scripts that the desk's own messages are written in."""
    texts = SHIPPED.read_text("utf-8").splitlines()
    if not any(_HAN.search(row.text) for row in own):
        texts = [text for text in texts if not _HAN.search(text)]
    return [LabelledText(text, f"{GROUP} {i}", OUT_OF_SCOPE) for i, text in enumerate(texts)]


def is_off_topic(row: LabelledText) -> bool:
    """Whether it is one of the shipped messages."""
    return row.group.startswith(f"{GROUP} ")


def without_own_topics(own: Features, shipped: Features) -> Features:
    """The shipped messages without those that this desk may be for: "recommend a film" is no stranger to a cinema's.

    They are those nearer to one of the desk's messages than one in ten of these is to its nearest neighbour."""
    if len(own.rows) < 2 or not shipped.rows:
        return shipped.only([])
    among_own = _nearest(own.vectors, own.vectors, rank=1)  # the nearest of all is the message itself
    to_own = _nearest(own.vectors, shipped.vectors, rank=0)
    return shipped.only(np.flatnonzero(to_own < np.quantile(among_own, NEAR)).tolist())


def _nearest(known: np.ndarray, asked: np.ndarray, *, rank: int) -> np.ndarray:
    similarities, _ = search_all(known, range(len(known)), asked)
    found: np.ndarray = similarities[:, rank]
    return found
