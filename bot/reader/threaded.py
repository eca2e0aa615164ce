"""A model that reads messages in threads of this process."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from bot.dialogue.reading import ReadText, Vectors
from bot.reader.reader import Reader
from bot.reader.threads import reading_threads
from bot.store.records import Correction
from nlu.understanding import Understanding
from retrieval.budget import Budget

P = ParamSpec("P")
T = TypeVar("T")


class ThreadedReader:
    """A message in each thread; the event loop never computes."""

    def __init__(self, reader: Reader, threads: ThreadPoolExecutor | None = None) -> None:
        self.reader = reader
        self._threads = threads or reading_threads()

    @property
    def entity_types(self) -> tuple[str, ...]:
        return self.reader.entity_types

    @property
    def budget(self) -> Budget:
        return self.reader.budget

    @property
    def intents(self) -> tuple[str, ...]:
        return self.reader.intents

    async def read(self, texts: Sequence[str]) -> list[ReadText]:
        return await self._in_thread(self.reader.read, texts)

    async def understand(self, text: str) -> Understanding:
        return await self._in_thread(self.reader.understand, text)

    async def nearness(self, vectors: Vectors) -> Vectors:
        return await self._in_thread(self.reader.nearness, vectors)

    async def taught_share(self, vectors: Vectors) -> Vectors:
        return await self._in_thread(self.reader.taught_share, vectors)

    async def alike(self, bound: float) -> list[tuple[str, str]]:
        return await self._in_thread(self.reader.alike, bound)

    async def learn(self, changes: Sequence[Correction]) -> None:
        await self._in_thread(self.reader.learn, changes)

    async def teach(self, names: Mapping[str, tuple[str, str]]) -> None:
        await self._in_thread(self.reader.teach, names)

    async def _in_thread(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.wrap_future(self._threads.submit(work, *args, **kwargs))
