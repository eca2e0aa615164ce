"""Logged messages put together by what they mean, without anybody waiting for the encoder."""

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bot.review.clustering import MAX_VECTORS, cluster
from nlu.understanding import Understanding

KEPT_VECTORS = 4000
KEPT_RESULTS = 8

Clusters = tuple[tuple[int, ...], ...]
Key = tuple[int, int]  # a message's id, and the hash of its text: an edited message is another
logger = logging.getLogger(__name__)


class Understands(Protocol):
    """A reader, as far as it is needed here."""

    async def understand(self, text: str) -> Understanding:
        """Understand a text."""


@dataclass(frozen=True, slots=True)
class Grouped:
    """Ids of messages in clusters, the largest first, each from its centre outwards; `n_unread` messages are still being
    read and stand in none."""

    clusters: Clusters
    n_unread: int


class Grouping:
    """Clusters of messages. What it keeps are vectors and ids, never words, so that nothing of a forgotten customer
    is found in it; a new release begins anew."""

    def __init__(self, reader: Callable[[], Understands]) -> None:
        """`reader` gives the one of the moment."""
        self._current = reader
        self._used: Understands | None = None
        self._vectors: OrderedDict[Key, NDArray[np.float32]] = OrderedDict()
        self._unreadable: set[Key] = set()
        self._results: deque[tuple[frozenset[Key], Clusters]] = deque(maxlen=KEPT_RESULTS)
        self._work: asyncio.Task[None] | None = None

    async def group(self, said: Mapping[int, str]) -> Grouped:
        """The clusters of the first MAX_VECTORS messages, texts by their id, as far as they are made.

        Nobody waits for the rest: it is read and clustered from now on, for a later call."""
        self._follow_release()
        texts = {(number, hash(text)): text for number, text in list(said.items())[:MAX_VECTORS]}
        wanted = texts.keys() - self._unreadable
        made, clusters = max(self._results, key=lambda one: len(wanted & one[0]), default=(frozenset(), ()))
        missing = wanted - made
        if missing and (self._work is None or self._work.done()):
            self._work = asyncio.create_task(self._read_and_cluster(self._current(), texts))
        return Grouped(_only({number for number, _ in wanted & made}, clusters), len(missing))

    def vectors_of(self, said: Mapping[int, str]) -> dict[int, NDArray[np.float32]]:
        """The vectors of these messages, texts by their id, as far as they were read."""
        found = ((number, self._vectors.get((number, hash(text)))) for number, text in said.items())
        return {number: vector for number, vector in found if vector is not None}

    async def wait(self) -> None:
        """Until what is being read and clustered is done."""
        if self._work is not None:
            await self._work

    async def close(self) -> None:
        """Stop reading."""
        if self._work is not None:
            self._work.cancel()
            with suppress(asyncio.CancelledError):
                await self._work

    def _follow_release(self) -> None:
        current = self._current()
        if current is not self._used:
            self._used = current
            self._vectors.clear()
            self._unreadable.clear()
            self._results.clear()

    async def _read_and_cluster(self, reader: Understands, texts: Mapping[Key, str]) -> None:
        await self._read(reader, texts)
        known = [key for key in texts if key in self._vectors]
        if not known or reader is not self._used:
            return
        vectors = np.stack([self._vectors[key] for key in known])
        found = await asyncio.to_thread(cluster, vectors)
        if reader is self._used:
            clusters = tuple(tuple(known[row][0] for row in rows) for rows in found)
            self._results.append((frozenset(known), clusters))

    async def _read(self, reader: Understands, texts: Mapping[Key, str]) -> None:
        """One text at a time, so that a customer's message waits for one at most."""
        by_text: dict[str, list[Key]] = {}
        for key, text in texts.items():
            if key in self._vectors:
                self._vectors.move_to_end(key)
            elif key not in self._unreadable:
                by_text.setdefault(text, []).append(key)
        for text, keys in by_text.items():
            try:
                vector = (await reader.understand(text)).vector
            except Exception as error:  # the others go on
                logger.warning("a message could not be read for grouping: %s", type(error).__name__)
                self._unreadable.update(keys)
                continue
            if reader is not self._used:
                return
            self._vectors.update(dict.fromkeys(keys, vector))
            while len(self._vectors) > KEPT_VECTORS:
                self._vectors.popitem(last=False)


def _only(numbers: Collection[int], clusters: Clusters) -> Clusters:
    """What is left of clusters, the largest first."""
    left = (tuple(number for number in one if number in numbers) for one in clusters)
    return tuple(sorted(filter(None, left), key=len, reverse=True))
