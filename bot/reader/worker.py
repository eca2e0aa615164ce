"""The process that reads messages for a desk: `python -m bot.reader.worker FD`, with the settings as its first frame.

It ends when the connection does, however the desk ended."""

import asyncio
import logging
import os
import signal
import socket
import sys
import traceback
from collections.abc import Coroutine
from functools import partial
from typing import Any

from bot.errors import BotError
from bot.garbage import hold_little, settle_new
from bot.loading import LoadedReader, load_reader
from bot.reader.threads import n_cores, reading_threads
from bot.reader.wire import (
    Asked,
    Failed,
    Frames,
    Loaded,
    Logged,
    Told,
    Wanted,
    arguments_of,
    pack,
    read_asked,
)
from bot.settings import Settings
from nlu.errors import NluError
from retrieval.errors import RetrievalError

KINDS = {"bot": BotError, "nlu": NluError, "retrieval": RetrievalError}


class Worker:
    """Models by number, and what is asked of them."""

    def __init__(self) -> None:
        self._settings: Settings | None = None
        self._models: dict[int, LoadedReader] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_over = asyncio.Event()
        self.frames = Frames(self._receive, self._is_over.set)

    async def wait(self) -> None:
        """Until the desk is gone."""
        await self._is_over.wait()

    def log(self, record: logging.LogRecord) -> None:
        """Have the desk log it."""
        self.frames.send(Logged(record.name, record.levelno, record.getMessage()))

    def _receive(self, frame: bytes) -> None:
        if self._settings is None:
            self._settings = Settings.model_validate_json(frame)
            return
        task = asyncio.create_task(self._answer(read_asked(frame)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, asked: Asked) -> None:
        try:
            answer: Told | Failed = Told(asked.number, pack(await self._do(asked)))
        except Exception as error:
            answer = _failed(asked.number, error)
        self.frames.send(answer)

    def _do(self, asked: Asked) -> Coroutine[Any, Any, Any]:
        if asked.operation == "load":
            return self._load(asked.model, *arguments_of(asked))
        if asked.operation == "drop":
            return self._drop(asked.model)
        operation = getattr(self._models[asked.model].reader, asked.operation)
        answer: Coroutine[Any, Any, Any] = operation(*arguments_of(asked))
        return answer

    async def _load(self, number: int, wanted: Wanted) -> Loaded:
        assert self._settings is not None  # noqa: S101 - they came first
        beside = self._models.get(wanted.beside) if wanted.beside is not None else None
        # A core is the desk's own.
        threads = reading_threads(max(1, n_cores() - 1), in_background=wanted.in_background)
        load = partial(
            load_reader,
            self._settings,
            candidate=wanted.candidate,
            texts=beside.texts if beside else None,
            beside=beside.reader if beside else None,
            threads=threads,
        )
        found = self._models[number] = await asyncio.to_thread(load)
        settle_new()
        reader = found.reader
        return Loaded(
            found.release, found.state, found.texts.state, reader.entity_types, reader.budget, reader.intents
        )

    async def _drop(self, number: int) -> None:
        self._models.pop(number, None)
        settle_new()


def _failed(number: int, error: Exception) -> Failed:
    """Of an error that isn't ours no words: they may quote a customer."""
    for kind, ours in KINDS.items():
        if isinstance(error, ours):
            return Failed(number, kind, str(error))
    return Failed(number, "other", type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))


class DeskLog(logging.Handler):
    """Has the desk log what is logged here, in any thread."""

    def __init__(self, worker: Worker) -> None:
        super().__init__()
        self._worker, self._loop = worker, asyncio.get_running_loop()

    def emit(self, record: logging.LogRecord) -> None:
        self._loop.call_soon_threadsafe(self._worker.log, record)


async def work(fd: int) -> None:
    """Answer what is asked over a connected socket."""
    worker = Worker()
    connection = socket.socket(fileno=fd)
    await asyncio.get_running_loop().create_connection(lambda: worker.frames, sock=connection)
    logging.basicConfig(level=logging.INFO, handlers=[DeskLog(worker)])
    await worker.wait()


def main() -> None:
    """Until the desk is gone."""
    hold_little()
    for number in (
        signal.SIGINT,
        signal.SIGTERM,
    ):  # a terminal sends them to all: turns under way are finished first
        signal.signal(number, signal.SIG_IGN)
    asyncio.run(work(int(sys.argv[1])))
    os._exit(0)  # nobody waits for what is being read any more


if __name__ == "__main__":
    main()
