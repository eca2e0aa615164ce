"""Group commit: writes that came while the disk was busy share the next transaction.

A commit is done once the disk has it, which takes milliseconds, far longer than the statements before it. Whatever is
asked for meanwhile waits, and is then committed together, so that many customers wait for the disk as long as one does
(DeWitt et al. 1984, "Implementation techniques for main memory database systems", section 5.2). Each piece of work runs
in a savepoint: one that fails takes nothing of the others with it. Nobody is told of an outcome before it is on disk."""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine

T = TypeVar("T")
AT_ONCE = 64  # pieces of work in a transaction; nobody waits for more than these and those before them


@dataclass(slots=True)
class _Waiting:
    work: Callable[[Connection], Any]
    done: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None

    def run(self, connection: Connection) -> None:
        """In a savepoint. Raises what went wrong where SQLite gave up the whole transaction, as on a full disk."""
        driver = cast(sqlite3.Connection, connection.connection.driver_connection)
        driver.execute("SAVEPOINT work")
        try:
            self.result = self.work(connection)
        except BaseException as error:
            if not driver.in_transaction:
                raise
            self.error = error
            driver.execute("ROLLBACK TO work")
        driver.execute("RELEASE work")

    def tell(self) -> None:
        if self.done.cancelled():
            return
        if self.error is None:
            self.done.set_result(self.result)
        else:
            self.done.set_exception(self.error)


class GroupCommit:
    """Writes to one SQLite file, in the order they were asked for, in a thread of their own."""

    def __init__(self, engine: Engine) -> None:
        """`engine`: whose transactions begin with the write lock."""
        self._engine = engine
        self._waiting: deque[_Waiting] = deque()
        self._thread = ThreadPoolExecutor(1, "store-write")

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run it and commit, with others or alone. Raises what it raises, and what goes wrong with the commit.

        A task that is cancelled meanwhile doesn't stop the thread: the transaction is whole either way."""
        done = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(work, done))
        self._thread.submit(self._commit_waiting)
        return cast(T, await done)

    async def between(self, work: Callable[[], T]) -> T:
        """Run it in the thread while no transaction is open."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def close(self) -> None:
        """Finish what was asked for."""
        await asyncio.get_running_loop().run_in_executor(None, self._thread.shutdown)

    def _commit_waiting(self) -> None:
        taken = self._take()
        if not taken:  # it was committed with an earlier one
            return
        try:
            with self._engine.begin() as connection:
                for one in taken:
                    one.run(connection)
        except BaseException as error:
            for one in taken:
                one.error = error
        loop = taken[0].done.get_loop()
        loop.call_soon_threadsafe(_tell, loop, taken)

    def _take(self) -> list[_Waiting]:
        n = min(AT_ONCE, len(self._waiting))
        taken = [self._waiting.popleft() for _ in range(n)]
        return [one for one in taken if not one.done.cancelled()]


def _tell(loop: asyncio.AbstractEventLoop, taken: Sequence[_Waiting]) -> None:
    for one in taken:  # each by itself: an outcome that can't be told, StopIteration, keeps none from theirs
        loop.call_soon(one.tell)
