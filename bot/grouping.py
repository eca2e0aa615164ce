"""Logged messages put together by what they mean, without anybody waiting for the encoder."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.clustering import MAX_VECTORS, cluster
from bot.reading import Understands

KEPT_VECTORS = 4000
KEPT_RESULTS = 8

Key = tuple[int, int]  # a message's id, and the hash of its text: an edited message is another
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Grouped:
    """Ids of messages in clusters, the largest first, each from its centre outwards; `n_unread` messages are still being
    read and stand in none."""

    clusters: tuple[tuple[int, ...], ...]
    n_unread: int


class Grouping:
    """Clusters of messages. What it keeps are vectors and ids, never words, so that nothing of a forgotten customer
    is found in it; a new release begins anew."""

    def __init__(self, understander: Callable[[], Understands]) -> None:
        """`understander` gives the one of the moment."""
        self._current = understander
        self._used: Understands | None = None
        self._vectors: OrderedDict[Key, NDArray[np.float32]] = OrderedDict()
        self._unreadable: set[Key] = set()
        self._results: OrderedDict[frozenset[Key], tuple[tuple[int, ...], ...]] = OrderedDict()
        self._reading: asyncio.Task[None] | None = None

    async def group(self, said: Mapping[int, str]) -> Grouped:
        """Put messages, texts by their id, into clusters: the first MAX_VECTORS of them that were read already. Those
        that weren't are read from now on, one after another."""
        self._follow_release()
        keys = {(number, hash(text)): text for number, text in list(said.items())[:MAX_VECTORS]}
        unread = {
            key: text
            for key, text in keys.items()
            if key not in self._vectors and key not in self._unreadable
        }
        if unread and (self._reading is None or self._reading.done()):
            self._reading = asyncio.create_task(self._read(unread))
        known = tuple(key for key in keys if key in self._vectors)
        for key in known:
            self._vectors.move_to_end(key)
        return Grouped(await self._clusters(known), len(unread))

    async def wait(self) -> None:
        """Until all that is being read was read."""
        if self._reading is not None:
            await self._reading

    async def close(self) -> None:
        """Stop reading."""
        if self._reading is not None:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                await self._reading

    def _follow_release(self) -> None:
        current = self._current()
        if current is not self._used:
            self._used = current
            self._vectors.clear()
            self._unreadable.clear()
            self._results.clear()

    async def _clusters(self, known: tuple[Key, ...]) -> tuple[tuple[int, ...], ...]:
        """Where the messages were clustered before, maybe with others that are done with since, so they stay."""
        wanted = frozenset(known)
        for earlier, clusters in self._results.items():
            if wanted <= earlier:
                self._results.move_to_end(earlier)
                return _only({number for number, _ in known}, clusters)
        if not known:
            return ()
        vectors = np.stack([self._vectors[key] for key in known])
        found = await asyncio.to_thread(cluster, vectors)
        clusters = tuple(tuple(known[row][0] for row in rows) for rows in found)
        self._results[wanted] = clusters
        while len(self._results) > KEPT_RESULTS:
            self._results.popitem(last=False)
        return clusters

    async def _read(self, unread: Mapping[Key, str]) -> None:
        """One text at a time, so that a customer's message waits for one at most."""
        understander = self._used
        assert understander is not None  # noqa: S101 - group() came first
        by_text: dict[str, list[Key]] = {}
        for key, text in unread.items():
            by_text.setdefault(text, []).append(key)
        for text, keys in by_text.items():
            try:
                vector = (await understander.understand(text)).vector
            except Exception as error:  # the others go on
                logger.warning("a message could not be read for grouping: %s", type(error).__name__)
                self._unreadable.update(keys)
                continue
            if understander is not self._used:
                return
            self._vectors.update(dict.fromkeys(keys, vector))
            while len(self._vectors) > KEPT_VECTORS:
                self._vectors.popitem(last=False)


def _only(numbers: Collection[int], clusters: Sequence[Sequence[int]]) -> tuple[tuple[int, ...], ...]:
    """What is left of clusters, the largest first."""
    left = [tuple(number for number in one if number in numbers) for one in clusters]
    return tuple(sorted(filter(None, left), key=len, reverse=True))
