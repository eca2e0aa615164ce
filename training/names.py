"""Intents' names as examples: who calls an intent refund_status has said in two words what it is about."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlu.heads import LinearHead
from training.dataset import LabelledText
from training.features import Features, encode_rows
from training.heads import fit_linear
from training.turns import OUT_OF_SCOPE

Vectors = NDArray[np.float32]

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_BETWEEN = re.compile(r"[\W_]+")


def spoken(label: str) -> str:
    """A label as words: "refund_status", "RefundStatus" and "refund-status" are "refund status"."""
    return _BETWEEN.sub(" ", _CAMEL.sub(" ", label)).strip().lower()


@dataclass(frozen=True, slots=True)
class Names:
    """The vector (width,) of each intent's name; none where names aren't to be learned from."""

    vectors: Mapping[str, Vectors] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.vectors)

    def fit(
        self,
        vectors: Vectors,
        gold: Sequence[str],
        *,
        strength: float,
        labels: Sequence[str] | None = None,
        start: LinearHead | None = None,
    ) -> LinearHead:
        """`fit_linear` on messages and, as one more example each, on the names of their intents."""
        named = [label for label in sorted(set(gold)) if label in self.vectors]
        vectors = np.concatenate([vectors, *(self.vectors[label][None] for label in named)])
        return fit_linear(vectors, [*gold, *named], strength=strength, names=labels, start=start)


def name_rows(labels: Sequence[str]) -> list[LabelledText]:
    """Names as labelled texts, of intents that have one in words."""
    return [
        LabelledText(spoken(label), "", label) for label in labels if label != OUT_OF_SCOPE and spoken(label)
    ]


def encode_names(labels: Sequence[str], folder: Path, precision: str) -> Features:
    """The names as rows, encoded with the release's own ONNX file."""
    return encode_rows(name_rows(labels), folder, precision)


def names_of(encoded: Features, labels: Sequence[str]) -> Names:
    """The encoded names of these intents."""
    found = zip(encoded.rows, encoded.vectors, strict=True)
    return Names({str(row.intent): vector for row, vector in found if row.intent in labels})
