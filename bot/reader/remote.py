"""Models that are read in a process of its own, so that understanding and searching leave Python's lock to the desk."""

import asyncio
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

from bot.dialogue.reading import ReadText, Vectors
from bot.model import Model, dialogue_of
from bot.outgoing.actions import Actions
from bot.reader.models import Models
from bot.reader.process import WorkerLost, WorkerProcess
from bot.reader.wire import Loaded, Wanted
from bot.settings import Settings
from bot.store.records import Correction
from bot.texts import load_texts
from nlu.understanding import Understanding
from retrieval.budget import Budget

TRIES, TRIES_TO_LOAD = 5, 2
SUSPECTED = 2  # times that the process ended at something
LEARNED_AT_ONCE = 32  # corrections


class RemoteReader:
    """A model in the worker's process. Where that ended it is loaded again, learns again what it was taught, and is asked
    again what it was asked."""

    def __init__(self, worker: WorkerProcess, number: int, wanted: Wanted, loaded: Loaded) -> None:
        self._number = number
        self._worker = worker
        self._era = worker.era  # of the process that has it
        self._wanted = Wanted(loaded.release, None, wanted.in_background)
        self._loaded = loaded
        self._taught: dict[int, Correction] = {}
        self._names: dict[str, tuple[str, str]] = {}
        self._changing = asyncio.Lock()
        loop = asyncio.get_running_loop()
        weakref.finalize(self, _drop, loop, worker, number).atexit = False

    @property
    def entity_types(self) -> tuple[str, ...]:
        return self._loaded.entity_types

    @property
    def budget(self) -> Budget:
        return self._loaded.budget

    @property
    def intents(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self._loaded.intents, *(one.intent for one in self._taught.values()))))

    @property
    def number_there(self) -> int | None:
        """What another may be loaded beside, to share what it has; None where its process is gone."""
        return self._number if self._era == self._worker.era else None

    async def read(self, texts: Sequence[str]) -> list[ReadText]:
        found: list[ReadText] = await self._ask("read", texts)
        return found

    async def understand(self, text: str) -> Understanding:
        found: Understanding = await self._ask("understand", text)
        return found

    async def nearness(self, vectors: Vectors) -> Vectors:
        found: Vectors = await self._ask("nearness", vectors)
        return found

    async def taught_share(self, vectors: Vectors) -> Vectors:
        found: Vectors = await self._ask("taught_share", vectors)
        return found

    async def alike(self, bound: float) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = await self._ask("alike", bound)
        return found

    async def learn(self, changes: Sequence[Correction]) -> None:
        async with self._changing:
            for change in changes:
                if change.undoes is not None:
                    self._taught.pop(change.undoes, None)
                elif change.text:
                    self._taught[change.id] = change
            await self._change("learn", tuple(changes))

    async def teach(self, names: Mapping[str, tuple[str, str]]) -> None:
        async with self._changing:
            self._names = dict(names)
            await self._change("teach", self._names)

    async def _ask(self, operation: str, *what: Any) -> Any:
        return await _until_answered(lambda: self._ask_once(operation, *what), TRIES)

    async def _ask_once(self, operation: str, *what: Any) -> Any:
        if self._era != self._worker.era:
            async with self._changing:
                await self._come_back()
        return await self._ask_there(operation, *what)

    async def _ask_there(self, operation: str, *what: Any) -> Any:
        gives_way = self._wanted.in_background
        return await self._worker.ask(operation, self._number, *what, gives_way=gives_way)

    async def _change(self, operation: str, what: Any) -> None:
        """What was changed here, there; to come back does so by itself."""
        if self._era == self._worker.era:
            try:
                await self._ask_there(operation, what)
            except WorkerLost:
                await self._come_back()
        else:
            await self._come_back()

    async def _come_back(self) -> None:
        """Load it into the process that there is now, once for all who ask."""
        era = self._worker.era
        if self._era == era:
            return
        await self._ask_there("load", self._wanted)
        taught = tuple(self._taught.values())
        for start in range(0, len(taught), LEARNED_AT_ONCE):
            await self._ask_there("learn", taught[start : start + LEARNED_AT_ONCE])
        await self._ask_there("teach", self._names)
        self._era = era


async def _until_answered(ask: Callable[[], Awaitable[Any]], tries: int) -> Any:
    """Ask, and where the process ended meanwhile ask the next one: so many times, but not where it was at this for the
    second time, which may be what ends them."""
    lost, suspected = 0, 0
    while True:
        try:
            return await ask()
        except WorkerLost as loss:
            lost, suspected = lost + 1, suspected + loss.is_suspect
            if lost == tries or suspected == SUSPECTED:
                raise


def _drop(loop: asyncio.AbstractEventLoop, worker: WorkerProcess, number: int) -> None:
    """Of any thread: nobody has the reader any more."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(worker.tell, "drop", number)


@dataclass(frozen=True, slots=True)
class WorkerModels(Models):
    """The models of a workspace, read in the worker's process; what there is without a release is read here."""

    worker: WorkerProcess
    _numbers: "count[int]" = field(default_factory=count)

    async def load(
        self, *, candidate: str | None = None, beside: Model | None = None, in_background: bool = False
    ) -> Model:
        in_use = beside.reader if beside else None
        number_beside = in_use.number_there if isinstance(in_use, RemoteReader) else None
        wanted = Wanted(candidate, number_beside, in_background)
        texts = beside.texts if beside else None
        while True:
            texts = await asyncio.to_thread(load_texts, self.settings, texts)
            number = next(self._numbers)
            loaded: Loaded = await _until_answered(
                partial(self.worker.ask, "load", number, wanted), TRIES_TO_LOAD
            )
            reader = RemoteReader(self.worker, number, wanted, loaded)
            if loaded.texts_state == texts.state:  # they may be edited meanwhile
                dialogue = dialogue_of(self.settings, self.actions, texts, reader)
                return Model(loaded.release, loaded.state, reader, dialogue, texts)


@asynccontextmanager
async def worker_models(settings: Settings, actions: Actions) -> AsyncIterator[WorkerModels]:
    """Models with a process of their own, for as long as the block runs."""
    worker = WorkerProcess(settings)
    try:
        yield WorkerModels(settings, actions, worker)
    finally:
        await worker.close()
