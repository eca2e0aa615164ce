"""The process that reads messages, as the desk sees it."""

import asyncio
import logging
import socket
import subprocess
import sys
from contextlib import suppress
from itertools import count
from time import monotonic
from typing import Any

import msgspec

from bot.errors import BotError
from bot.monitoring.meters import count_lost_worker, watch_worker
from bot.reader.threads import n_threads
from bot.reader.wire import KINDS, Asked, Failed, Frames, Logged, Told, pack, read_answer, result_of
from bot.settings import Settings

AGAIN_AFTER_S = 1.0  # is a process that ended begun anew, at the soonest
ENDS_WITHIN_S = 5.0
FOR_READING = {"folder", "desk", "understanding", "decide", "actions"}  # of the settings

logger = logging.getLogger(__name__)


class WorkerLost(BotError):
    """The process that reads messages ended before it answered; it may have been at what was asked where that is a
    `suspect`, else it wasn't yet."""

    def __init__(self, text: str, *, is_suspect: bool = False) -> None:
        super().__init__(text)
        self.is_suspect = is_suspect


class WorkerFailed(Exception):
    """Something failed there that nobody expected; its text is the type of the error, and the log says where it arose."""


class WorkerProcess:
    """The process, begun when something is asked of it, and anew where it ended; `era` counts how often it did."""

    def __init__(self, settings: Settings) -> None:
        self.era = 0
        self._settings = settings.model_dump_json(include=FOR_READING).encode()
        self._numbers = count(1)
        self._asked: dict[int, tuple[str, asyncio.Future[Any]]] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._frames: Frames | None = None
        self._beginning = asyncio.Lock()
        self._begun_at = -AGAIN_AFTER_S
        self._is_closed = False

    async def ask(self, operation: str, model: int, *what: Any) -> Any:
        """The result; raises what it raised there, WorkerFailed for what nobody expected, WorkerLost."""
        frames = self._frames or await self._begin()
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        number = next(self._numbers)
        frames.send(Asked(number, operation, model, pack(what)))
        self._asked[number] = operation, answer
        try:
            return await answer
        finally:
            del self._asked[number]

    def tell(self, operation: str, model: int) -> None:
        """Ask without waiting, if there is anybody to ask."""
        if self._frames is not None:
            self._frames.send(Asked(next(self._numbers), operation, model, pack(())))

    async def close(self) -> None:
        """End it."""
        self._is_closed = True
        if self._frames is not None:
            self._frames.close()
        if self._process is not None:
            await asyncio.to_thread(_end, self._process)

    async def _begin(self) -> Frames:
        async with self._beginning:
            if self._frames is not None:
                return self._frames
            if self._is_closed:
                raise WorkerLost("the desk is being stopped")
            if self._process is not None:
                await self._bury(self._process)
            self._begun_at = monotonic()
            ours, theirs = socket.socketpair()
            with theirs:
                # Without -P a module in the folder it is begun in would be taken for ours.
                command = [sys.executable, "-P", "-m", "bot.reader.worker", str(theirs.fileno())]
                self._process = await asyncio.to_thread(
                    subprocess.Popen,
                    command,
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                )
            _, frames = await asyncio.get_running_loop().create_connection(
                lambda: Frames(self._receive, self._lose), sock=ours
            )
            frames.send(msgspec.Raw(self._settings))
            self._frames = frames
            watch_worker(self._process.pid)
            return frames

    async def _bury(self, process: "subprocess.Popen[bytes]") -> None:
        """Before there is another one."""
        ended = await asyncio.to_thread(_end, process)
        how = f"signal {-ended}" if ended < 0 else f"status {ended}"
        logger.error(
            "the process that reads messages ended with %s: another is begun, and asked again what it was asked",
            how,
        )
        await asyncio.sleep(self._begun_at + AGAIN_AFTER_S - monotonic())

    def _receive(self, frame: bytes) -> None:
        answer = read_answer(frame)
        if isinstance(answer, Logged):
            logging.getLogger(answer.logger).log(answer.level, "%s", answer.text)
            return
        operation, waiting = self._asked.get(answer.number, ("", None))
        if waiting is None or waiting.done():
            return
        if isinstance(answer, Told):
            waiting.set_result(result_of(operation, answer))
        else:
            waiting.set_exception(_error_of(answer))

    def _lose(self) -> None:
        """It is gone: all that was asked is lost, and what is asked from now on begins another."""
        self._frames = None
        self.era += 1
        if not self._is_closed:
            count_lost_worker()
        suspects = 0
        for operation, waiting in self._asked.values():  # in the order in which they are done
            if not waiting.done():
                is_suspect = operation != "load" and suspects < n_threads()
                suspects += is_suspect
                waiting.set_exception(
                    WorkerLost("the process that reads messages ended", is_suspect=is_suspect)
                )


def _error_of(failed: Failed) -> Exception:
    if failed.kind in KINDS:
        return KINDS[failed.kind](failed.what)
    logger.error("while a message was read: %s\n%s", failed.what, failed.places)
    return WorkerFailed(failed.what)


def _end(process: "subprocess.Popen[bytes]") -> int:
    """Wait for the end of one that was let go, and say how it ended."""
    with suppress(subprocess.TimeoutExpired):
        return process.wait(ENDS_WITHIN_S)
    process.kill()
    return process.wait()
