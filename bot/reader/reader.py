"""A model that reads messages in threads of this process."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import ParamSpec, TypeVar

import numpy as np

from bot.dialogue.reading import ReadText, Vectors
from bot.reader.threads import reading_threads
from bot.store.records import Correction
from nlu.patterns import PatternUnderstander
from nlu.understander import Understander
from nlu.understanding import Understanding
from retrieval.budget import Budget
from retrieval.lexical_retriever import LexicalRetriever
from retrieval.retriever import Retriever

P = ParamSpec("P")
T = TypeVar("T")


class Reader:
    """Understands and searches in threads, one message in each; the event loop never computes."""

    def __init__(
        self,
        understander: Understander | PatternUnderstander,
        retriever: Retriever | LexicalRetriever,
        threads: ThreadPoolExecutor | None = None,
    ) -> None:
        self.understander = understander
        self.retriever = retriever
        self._threads = threads or reading_threads()

    @property
    def entity_types(self) -> tuple[str, ...]:
        return self.understander.entity_types

    @property
    def budget(self) -> Budget:
        return self.retriever.budget

    @property
    def intents(self) -> tuple[str, ...]:
        return self.retriever.intents

    async def read(self, text: str) -> ReadText:
        return await self._in_thread(self._read, text)

    async def understand(self, text: str) -> Understanding:
        return await self._in_thread(self._understand, text)

    async def nearness(self, vectors: Vectors) -> Vectors:
        return await self._in_thread(self._nearness, vectors)

    async def taught_share(self, vectors: Vectors) -> Vectors:
        return await self._in_thread(self.retriever.taught_share, vectors)

    async def alike(self, bound: float) -> list[tuple[str, str]]:
        return await self._in_thread(self.retriever.alike, bound)

    async def learn(self, changes: Sequence[Correction]) -> None:
        # Those without words belonged to a customer who was forgotten.
        taught = [change for change in changes if change.undoes is None and change.text]
        read = await asyncio.gather(*(self.understand(change.text) for change in taught))
        for change, understanding in zip(taught, read, strict=True):
            self.retriever.learn(
                change.text,
                change.intent,
                understanding.vector,
                correction_id=change.id,
                answer_id=change.answer_id,
            )
        for change in changes:
            if change.undoes is not None:
                self.retriever.unlearn(change.undoes)

    async def teach(self, names: Mapping[str, tuple[str, str]]) -> None:
        await self._in_thread(self.understander.teach, names)

    async def _in_thread(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.wrap_future(self._threads.submit(work, *args, **kwargs))

    def _read(self, text: str) -> ReadText:
        understanding = self._understand(text)
        began = perf_counter()
        findings = self.retriever.search(
            understanding.read_as, understanding.vector, understanding.class_probs
        )
        return ReadText(understanding, findings, perf_counter() - began)

    def _understand(self, text: str) -> Understanding:
        return self.understander.understand_batch([text])[0]

    def _nearness(self, vectors: Vectors) -> Vectors:
        return np.array([self.retriever.nearness(vector) for vector in vectors], np.float32)
