"""The process that reads messages for a desk: `python -m bot.reader.worker FD`, with the settings as its first frame.

It ends when the connection does, however the desk ended. Its threads are leader and followers (Schmidt et al. 2000): one waits
for the next frame, and does itself what that asks for, while the next one waits; so nothing passes from thread to thread."""

import logging
import os
import signal
import socket
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from bot.garbage import hold_little, settle_new
from bot.loading import LoadedReader, load_reader
from bot.reader.threads import n_threads, reading_threads
from bot.reader.wire import (
    KINDS,
    LENGTH,
    Asked,
    Failed,
    Loaded,
    Logged,
    Told,
    Wanted,
    arguments_of,
    framed,
    pack,
    read_asked,
)
from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Served:
    """A model, and the thread of one that reads in the background."""

    loaded: LoadedReader
    behind: ThreadPoolExecutor | None


class Worker:
    """Models by number, and what is asked of them over a connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._coming = connection.makefile("rb")
        self._leading, self._sending = threading.Lock(), threading.Lock()
        self._models: dict[int, Served] = {}
        self._settings = Settings.model_validate_json(self._receive())

    def follow(self) -> None:
        """Do what is asked, one thing after another; raises EOFError once the desk is gone."""
        while True:
            with self._leading:
                frame = self._receive()
            asked = read_asked(frame)
            served = self._models.get(asked.model)
            if asked.operation == "load":  # takes a second
                threading.Thread(target=self._answer, args=(asked,), daemon=True).start()
            elif served is not None and served.behind is not None:
                served.behind.submit(self._answer, asked)
            else:
                self._answer(asked)

    def log(self, record: logging.LogRecord) -> None:
        """Have the desk log it."""
        self._send(Logged(record.name, record.levelno, record.getMessage()))

    def _receive(self) -> bytes:
        length = int.from_bytes(self._read(LENGTH), "little")
        return self._read(length)

    def _read(self, n: int) -> bytes:
        found = self._coming.read(n)
        if len(found) < n:
            raise EOFError
        return found

    def _send(self, answer: Told | Failed | Logged) -> None:
        frame = framed(answer)
        with self._sending:
            self._connection.sendall(frame)

    def _answer(self, asked: Asked) -> None:
        try:
            answer: Told | Failed = Told(asked.number, pack(self._do(asked)))
        except Exception as error:
            answer = _failed(asked.number, error)
        self._send(answer)

    def _do(self, asked: Asked) -> Any:
        arguments = arguments_of(asked)
        if asked.operation == "load":
            return self._load(asked.model, *arguments)
        if asked.operation == "drop":
            return self._drop(asked.model)
        return getattr(self._models[asked.model].loaded.reader, asked.operation)(*arguments)

    def _load(self, number: int, wanted: Wanted) -> Loaded:
        beside = self._models.get(wanted.beside) if wanted.beside is not None else None
        found = load_reader(
            self._settings,
            candidate=wanted.candidate,
            texts=beside.loaded.texts if beside else None,
            beside=beside.loaded.reader if beside else None,
        )
        self._models[number] = Served(
            found, reading_threads(in_background=True) if wanted.in_background else None
        )
        settle_new()
        reader = found.reader
        return Loaded(
            found.release, found.state, found.texts.state, reader.entity_types, reader.budget, reader.intents
        )

    def _drop(self, number: int) -> None:
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
        self._worker = worker

    def emit(self, record: logging.LogRecord) -> None:
        self._worker.log(record)


def follow_to_the_end(worker: Worker) -> None:
    """Until the desk is gone; then nobody waits for what is being read any more."""
    try:
        worker.follow()
    except (EOFError, OSError):
        os._exit(0)


def main() -> None:
    """Read for the desk at the other end of the socket with that number."""
    hold_little()
    # A terminal sends them to all: turns under way are finished first.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    worker = Worker(socket.socket(fileno=int(sys.argv[1])))
    logging.basicConfig(level=logging.INFO, handlers=[DeskLog(worker)])
    for _ in range(n_threads() - 1):  # and this one
        threading.Thread(target=follow_to_the_end, args=(worker,), daemon=True).start()
    follow_to_the_end(worker)


if __name__ == "__main__":
    main()
