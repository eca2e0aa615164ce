"""The process that reads messages, as the desk sees it."""

import asyncio
import logging
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from itertools import count, islice
from time import monotonic
from typing import Any

import msgspec

from bot.errors import BotError
from bot.monitoring.meters import count_lost_worker, watch_worker
from bot.reader.threads import n_threads
from bot.reader.wire import KINDS, Asked, Failed, Frames, Logged, Told, pack, read_answer, result_of
from bot.settings import Settings

AGAIN_AFTER_S = 1.0  # is a process that ended begun anew, at the soonest
LOOK_AGAIN_S = 1.0
STUCK_LOOKS = 10  # at the same message, and it is ended; the longest take half a second
ENDS_WITHIN_S = 5.0
FOR_READING = {"folder", "desk", "understanding", "decide", "actions"}  # of the settings

logger = logging.getLogger(__name__)


class WorkerLost(BotError):
    """The process that reads messages ended before it answered. `is_suspect`: it may have been at what was asked; else it
    hadn't come to it."""

    def __init__(self, text: str, *, is_suspect: bool = False) -> None:
        super().__init__(text)
        self.is_suspect = is_suspect


class WorkerFailed(Exception):
    """Something failed there that nobody expected; its text is the type of the error, and the log says where it arose."""


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """Something that was asked, to be answered."""

    operation: str
    gives_way: bool
    answer: asyncio.Future[Any]


class WorkerProcess:
    """The process, begun when something is asked of it, and anew where it ended or is stuck; `era` counts how often."""

    def __init__(self, settings: Settings) -> None:
        self.era = 0
        self._settings = settings.model_dump_json(include=FOR_READING).encode()
        self._numbers = count(1)
        self._asked: dict[int, Waiting] = {}  # in the order in which it is done
        self._process: subprocess.Popen[bytes] | None = None
        self._frames: Frames | None = None
        self._beginning = asyncio.Lock()
        self._begun_at = -AGAIN_AFTER_S
        self._watching: asyncio.Task[None] | None = None
        self._is_closed = False

    async def ask(self, operation: str, model: int, *what: Any, gives_way: bool = False) -> Any:
        """The result, after that of whatever doesn't give way if it does; raises what was raised there, WorkerFailed for what
        nobody expected, WorkerLost."""
        frames = self._frames or await self._begin()
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        number = next(self._numbers)
        frames.send(Asked(number, operation, model, pack(what)))
        self._asked[number] = Waiting(operation, gives_way, answer)
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
        if self._watching is not None:
            self._watching.cancel()
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
            self._watching = asyncio.create_task(self._watch(self._process, frames))
            return frames

    async def _watch(self, process: "subprocess.Popen[bytes]", frames: Frames) -> None:
        """End it once it is stuck. Looks are counted, not seconds: both may have been stopped meanwhile."""
        looks: dict[Waiting, int] = {}
        while self._frames is frames:
            await asyncio.sleep(LOOK_AGAIN_S)
            looks = {one: looks.get(one, 0) + 1 for one in self._at_work() if not one.gives_way}
            if max(looks.values(), default=0) > STUCK_LOOKS:
                logger.error("the process that reads messages is stuck: it is ended")
                process.kill()
                return

    def _at_work(self) -> list[Waiting]:
        """What it may be at; to load is done beside all else, and takes long."""
        asked = [one for one in self._asked.values() if one.operation != "load" and not one.answer.done()]
        first = islice((one for one in asked if not one.gives_way), n_threads())
        return [*first, *islice((one for one in asked if one.gives_way), 1)]

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
        waiting = self._asked.get(answer.number)
        if waiting is None or waiting.answer.done():
            return
        if isinstance(answer, Told):
            waiting.answer.set_result(result_of(waiting.operation, answer))
        else:
            waiting.answer.set_exception(_error_of(answer))

    def _lose(self) -> None:
        """It is gone: all that was asked is lost, and what is asked from now on begins another."""
        self._frames = None
        self.era += 1
        if not self._is_closed:
            count_lost_worker()
        suspects = self._at_work()
        for one in self._asked.values():
            if not one.answer.done():
                loss = WorkerLost("the process that reads messages ended", is_suspect=one in suspects)
                one.answer.set_exception(loss)


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
