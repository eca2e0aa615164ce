"""Groups of requests become proposed intents: name, typical examples, what is near, and what staff usually answered."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from training.mining.answers import propose_answers
from training.mining.encoding import EncoderFiles, encode_block
from training.mining.grouping import NOISE, Groups
from training.mining.naming import MAX_TEXTS, name_groups, typical
from training.mining.proposal import ProposedIntent
from training.mining.replies import Exchange
from training.mining.requests import Request
from training.mining.slots import Corpus
from training.redact import redact

MAX_READ = 5000  # distinct texts of a group that its examples are taken from
MAX_NEAR, LEAST_NEAR = 3, 0.3  # groups alike that are told, by the cosine of their centres
MIN_REQUESTS = 5  # of a group, to be an intent
PARTS = 16  # texts that a thread encodes at once
KEPT = 20_000  # vectors, 30 MB where they have 384 numbers
Vectors = NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class Grouped:
    """Requests with the group of each, `labels` (requests,); `places` (requests,) are the rows of their texts in `vectors`."""

    requests: Sequence[Request]
    places: NDArray[np.int64]
    labels: NDArray[np.int64]
    vectors: Vectors
    groups: Groups

    @classmethod
    def of(
        cls, requests: Sequence[Request], places: NDArray[np.int64], vectors: Vectors, groups: Groups
    ) -> "Grouped":
        """Groups of fewer than MIN_REQUESTS are none."""
        labels = groups.labels[places]
        sizes = np.bincount(labels[labels != NOISE], minlength=len(groups) + 1)
        kept = (labels != NOISE) & (sizes[labels] >= MIN_REQUESTS)
        return cls(requests, places, np.where(kept, labels, NOISE), vectors, groups)

    def numbers(self) -> list[int]:
        """The groups, the one with most requests first."""
        found, sizes = np.unique(self.labels[self.labels != NOISE], return_counts=True)
        return [int(found[i]) for i in np.lexsort((found, -sizes))]

    def by_place(self) -> dict[tuple[str, int], int]:
        """The group of each request that has one, by dialogue and turn."""
        pairs = zip(self.requests, self.labels, strict=True)
        return {(one.dialogue, one.turn): int(label) for one, label in pairs if label != NOISE}


@dataclass(frozen=True, slots=True)
class Answering:
    """What answers are made of: the exchanges of each group, what they are compared with, the encoder."""

    exchanges: Mapping[int, Sequence[Exchange]]
    corpus: Corpus
    encoder: EncoderFiles


def propose(
    grouped: Grouped,
    answering: Answering,
    country: str,
    watch: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[ProposedIntent, ...]:
    """An intent for each group, the largest first; no text in it holds personal data."""
    numbers = grouped.numbers()
    rows = {number: np.flatnonzero(grouped.labels == number) for number in numbers}
    texts = [
        [masked(grouped.requests[row].text, country) for row in _spread_out(rows[number], MAX_TEXTS)]
        for number in numbers
    ]
    names = name_groups(texts)
    intents = []
    encoder = answering.encoder.open()
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        encode = EncodedOnce(partial(_encode, pool, partial(encode_block, encoder)))
        for done, (number, name) in enumerate(zip(numbers, names, strict=True)):
            watch(done, len(numbers))
            examples, cohesion = _examples(grouped, rows[number], country)
            answers = propose_answers(answering.exchanges.get(number, ()), answering.corpus, encode)
            near = _near(number, numbers, grouped.groups)
            intents.append(
                ProposedIntent(name, (str(number),), len(rows[number]), examples, cohesion, near, answers)
            )
    return tuple(intents)


class EncodedOnce:
    """Encodes each text once: staff say much again, under one request and the next, and a long reply takes the encoder as
    long as ten requests. The KEPT texts that came last are known."""

    def __init__(self, encode: Callable[[Sequence[str]], NDArray[np.float32]]) -> None:
        self._encode = encode
        self._known: dict[str, NDArray[np.float32]] = {}

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors (texts, width)."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self._encode(new), strict=True))
        found = np.stack([self._known[text] for text in texts])
        for text in [*islice(self._known, max(0, len(self._known) - KEPT))]:
            del self._known[text]
        return found


def masked(text: str, country: str) -> str:
    """The text without personal data that patterns find; all of it has a digit or an @."""
    return redact(text, country=country).text if "@" in text or any(map(str.isdigit, text)) else text


def _encode(
    pool: ThreadPoolExecutor, block: Callable[[Sequence[str]], Vectors], texts: Sequence[str]
) -> NDArray[np.float32]:
    parts = [texts[start : start + PARTS] for start in range(0, len(texts), PARTS)]
    return np.concatenate(list(pool.map(block, parts))).astype(np.float32)


def _spread_out(rows: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """So many of the rows, over all of their length."""
    return rows[np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(np.int64)]


def _examples(grouped: Grouped, rows: NDArray[np.int64], country: str) -> tuple[tuple[str, ...], float]:
    """Typical texts of a group, each once, and the mean cosine to its centre."""
    places, first = np.unique(grouped.places[rows], return_index=True)
    chosen = _spread_out(np.arange(len(places)), MAX_READ)
    vectors = np.asarray(grouped.vectors[places[chosen]], np.float32)
    centre = vectors.mean(axis=0)
    centre /= max(float(np.linalg.norm(centre)), 1e-9)
    texts = [
        masked(grouped.requests[rows[first[chosen[place]]]].text, country)
        for place in typical(vectors, centre)
    ]
    return tuple(dict.fromkeys(texts)), float(np.clip((vectors @ centre).mean(), 0, 1))


def _near(number: int, numbers: Sequence[int], groups: Groups) -> dict[str, float]:
    """The groups most alike."""
    cosines = groups.centres @ groups.centres[number]
    best: Iterator[int] = iter(sorted(set(numbers) - {number}, key=lambda other: -cosines[other]))
    near = [next(best, number) for _ in range(MAX_NEAR)]
    return {
        str(other): round(float(cosines[other]), 3)
        for other in near
        if other != number and cosines[other] >= LEAST_NEAR
    }
