"""Entity spans become BIO tags and tags become spans."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Span = tuple[int, int, str]  # start, end, label: character offsets in the text, end exclusive
OUTSIDE = "O"
FORBIDDEN = -1e4


def tag_names(labels: Iterable[str]) -> tuple[str, ...]:
    """The tag set for entity types: O first, then B- and I- of each type, types sorted."""
    return (OUTSIDE, *(f"{prefix}-{label}" for label in sorted(set(labels)) for prefix in "BI"))


def tags_of(words: Sequence[tuple[int, int]], spans: Iterable[Span]) -> list[str]:
    """BIO tags of words for spans; a word belongs to a span if they overlap at all."""
    tags = [OUTSIDE] * len(words)
    for start, end, label in sorted(spans):
        prefix = "B"
        for i, (word_start, word_end) in enumerate(words):
            if word_start < end and start < word_end:
                tags[i] = f"{prefix}-{label}"
                prefix = "I"
    return tags


def spans_of(words: Sequence[tuple[int, int]], tags: Sequence[str]) -> list[Span]:
    """Spans of BIO tags; an I- that continues nothing of its type begins a span, as conlleval reads it."""
    spans: list[Span] = []
    open_label = ""
    for (start, end), tag in zip(words, tags, strict=True):
        prefix, _, label = tag.partition("-")
        if prefix == "I" and label == open_label:
            spans[-1] = (spans[-1][0], end, label)
        elif prefix in ("B", "I"):
            spans.append((start, end, label))
        open_label = label
    return spans


def transition_mask(tags: Sequence[str]) -> NDArray[np.float32]:
    """Scores (tags, tags) that forbid I-x after anything but B-x and I-x: row before, column after."""
    allowed = np.zeros((len(tags), len(tags)), np.float32)
    for after, tag in enumerate(tags):
        prefix, _, label = tag.partition("-")
        if prefix == "I":
            for before, previous in enumerate(tags):
                if previous not in (f"B-{label}", f"I-{label}"):
                    allowed[before, after] = FORBIDDEN
    return allowed


def viterbi(
    scores: NDArray[np.float32], transitions: NDArray[np.float32], start: NDArray[np.float32]
) -> list[int]:
    """The best path through word scores (words, tags), with transition scores (tags, tags) and start (tags,)."""
    if not len(scores):
        return []
    best = scores[0] + start
    back: list[NDArray[np.intp]] = []
    for row in scores[1:]:
        step = best[:, None] + transitions
        back.append(step.argmax(axis=0))
        best = step.max(axis=0) + row
    path = [int(best.argmax())]
    for pointers in reversed(back):
        path.append(int(pointers[path[-1]]))
    return path[::-1]
