"""What classifier and memory say of messages that were not learned from."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import faiss
import numpy as np
from numpy.typing import NDArray

from nlu.heads import LinearHead
from retrieval.fusion import NEIGHBOURS, OUT_OF_SCOPE, Evidence
from retrieval.words import WordCounts
from training.names import Names

Array = NDArray[np.float64]

N_HELD_OUT_GROUPS = 4
NO_NAMES = Names()


@dataclass(frozen=True, slots=True, eq=False)
class Messages:
    """Texts with their vectors (n, width), and of each the label; OUT_OF_SCOPE for those that are none of the intents."""

    texts: tuple[str, ...]
    vectors: NDArray[np.float32]
    gold: tuple[str, ...]

    def only(self, chosen: NDArray[np.bool_]) -> "Messages":
        texts = tuple(text for text, keep in zip(self.texts, chosen, strict=True) if keep)
        return Messages(texts, self.vectors[chosen], _kept(self.gold, chosen))


@dataclass(frozen=True, slots=True, eq=False)
class LabelledEvidence(Evidence):
    """What classifier and memory said of messages whose labels are known."""

    gold: tuple[str, ...]

    def only(self, chosen: NDArray[np.bool_]) -> "LabelledEvidence":
        return LabelledEvidence(
            self.class_probs[chosen],
            self.similarities[chosen],
            self.owners[chosen],
            self.words[chosen],
            _kept(self.gold, chosen),
        )


def _kept(gold: Sequence[str], chosen: NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(label for label, keep in zip(gold, chosen, strict=True) if keep)


def gather(
    known: Messages,
    asked: Messages,
    labels: Sequence[str],
    *,
    strength: float = 1.0,
    names: Names = NO_NAMES,
    head: LinearHead | None = None,
) -> LabelledEvidence:
    """Evidence for the messages asked from a head (fitted here unless given) and a memory, both of the known ones.

    `labels` names the columns; those absent from training get probability 0 and no neighbours."""
    [found] = _gather_all(
        known, asked, labels, [head or names.fit(known.vectors, known.gold, strength=strength)]
    )
    return found


def _gather_all(
    known: Messages, asked: Messages, labels: Sequence[str], heads: Sequence[LinearHead]
) -> list[LabelledEvidence]:
    """Evidence with each of several heads; what the memory says is looked up once."""
    column = {label: i for i, label in enumerate(labels)}
    similarities, owners = search_all(known.vectors, [column[label] for label in known.gold], asked.vectors)
    counts = WordCounts(zip(known.texts, known.gold, strict=True))
    words = np.array([counts.scores(text, labels) for text in asked.texts]).reshape(-1, len(labels))
    found = []
    for head in heads:
        class_probs = np.zeros((len(asked.texts), len(labels)))
        class_probs[:, [column[label] for label in head.labels]] = head.probs(asked.vectors)
        found.append(LabelledEvidence(class_probs, similarities, owners, words, asked.gold))
    return found


def search_all(
    known: NDArray[np.float32], owners: Sequence[int], vectors: NDArray[np.float32]
) -> tuple[Array, NDArray[np.intp]]:
    """The nearest examples of every vector: similarities (n, k) best first, and their intents (n, k)."""
    index = faiss.IndexFlatIP(known.shape[1])
    index.add(np.ascontiguousarray(known, np.float32))
    similarities, ids = index.search(np.ascontiguousarray(vectors, np.float32), min(NEIGHBOURS, len(known)))
    return similarities.astype(np.float64), np.asarray(owners)[ids]


def out_of_fold(
    messages: Messages,
    labels: Sequence[str],
    fold_of: Sequence[int],
    *,
    strengths: Sequence[float],
    names: Names = NO_NAMES,
) -> list[LabelledEvidence]:
    """Evidence for every training message from models that had not seen its fold, one of each strength."""
    folds = np.array(fold_of)

    def left_out(fold: int) -> list[LabelledEvidence]:
        known = messages.only(folds != fold)
        heads: list[LinearHead] = []
        for strength in strengths:
            start = heads[-1] if heads else None
            heads.append(names.fit(known.vectors, known.gold, strength=strength, start=start))
        return _gather_all(known, messages.only(folds == fold), labels, heads)

    each = sorted(set(fold_of))
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # torch works on one core at these sizes
        parts = list(pool.map(left_out, each))
    order = np.concatenate([np.flatnonzero(folds == fold) for fold in each])
    back = np.argsort(order)
    return [_in_order(join(of_strength), back) for of_strength in zip(*parts, strict=True)]


def _in_order(evidence: LabelledEvidence, order: NDArray[np.intp]) -> LabelledEvidence:
    gold = tuple(evidence.gold[i] for i in order)
    return LabelledEvidence(
        evidence.class_probs[order],
        evidence.similarities[order],
        evidence.owners[order],
        evidence.words[order],
        gold,
    )


def strangers(
    messages: Messages,
    labels: Sequence[str],
    *,
    strength: float,
    names: Names = NO_NAMES,
    seed: int = 0,
) -> LabelledEvidence | None:
    """Out-of-scope messages where none are labelled: intents are left out in turn and their messages met anew.

    They are nearer to the known ones than most real out-of-scope messages, so the fit errs on the safe side.
    None with fewer than four intents."""
    gold = np.array(messages.gold)
    intents = np.array(sorted(set(messages.gold) - {OUT_OF_SCOPE}))
    if len(intents) < N_HELD_OUT_GROUPS:
        return None
    np.random.default_rng(seed).shuffle(intents)
    parts = []
    for group in np.array_split(intents, N_HELD_OUT_GROUPS):
        left_out = np.isin(gold, group)
        met = replace(messages.only(left_out), gold=(OUT_OF_SCOPE,) * int(left_out.sum()))
        parts.append(gather(messages.only(~left_out), met, labels, strength=strength, names=names))
    return join(parts)


def join(parts: Sequence[LabelledEvidence]) -> LabelledEvidence:
    """One evidence of several, cut to the smallest number of neighbours."""
    k = min(part.similarities.shape[1] for part in parts)
    return LabelledEvidence(
        np.concatenate([part.class_probs for part in parts]),
        np.concatenate([part.similarities[:, :k] for part in parts]),
        np.concatenate([part.owners[:, :k] for part in parts]),
        np.concatenate([part.words for part in parts]),
        tuple(label for part in parts for label in part.gold),
    )
