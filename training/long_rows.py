"""Long training texts, read by their gist as serving reads long messages."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from nlu.gist import is_long
from nlu.heads import LinearHead
from training.dataset import LabelledText
from training.features import Features, encode_rows, joined
from training.heads import fit_linear

MAX_ROWS = 2000  # that the head for this is fitted on; it only has to know the desk's topics from others
STRENGTH = 10.0


def with_gists(
    features: Features,
    own: Features,
    off_topic: Features,
    folder: Path,
    precision: str,
    *,
    words: Mapping[str, int],
) -> Features:
    """The features with each long row encoded again, knowing by the desk's own rows what is off topic.

    The head that serves is fitted on these, so another is fitted before, on long rows as far as one pass reaches."""
    at = [i for i, row in enumerate(features.rows) if is_long(row.for_encoder)]
    if not at:
        return features
    head = _topic_head(own.with_intent(), off_topic)
    rows: list[LabelledText] = [features.rows[i] for i in at]
    again = encode_rows(rows, folder, precision, words=words, head=head)
    encoded, vectors = list(features.encoded), features.vectors.copy()
    for i, one in zip(at, again.encoded, strict=True):
        encoded[i], vectors[i] = one, one.vector
    return replace(features, vectors=vectors, encoded=tuple(encoded))


def _topic_head(own: Features, off_topic: Features) -> LinearHead | None:
    step = -(-len(own.rows) // MAX_ROWS)
    known = joined([own.only(range(0, len(own.rows), step or 1)), off_topic])
    intents = [str(row.intent) for row in known.rows]
    if len(set(intents)) < 2:
        return None
    return fit_linear(np.ascontiguousarray(known.vectors), intents, strength=STRENGTH)
