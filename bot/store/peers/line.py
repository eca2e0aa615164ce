"""One connection to PostgreSQL that stays open for as long as the process serves: it hears news, and holds locks.

PostgreSQL lets go of a session's advisory locks when its process dies, so nothing has to be cleaned up after one."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.store.errors import StoreError
from bot.store.peers.news import CHANNEL

PING_S = 5.0  # an idle line is asked so often whether it still is one
PATIENCE_S = 5.0  # with an answer
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 5.0  # before it is opened anew

# A machine that is gone or cut off is known to PostgreSQL after 30 s; we know of it after PING_S and PATIENCE_S.
NOTICE_THE_DEAD = (
    "SET tcp_keepalives_idle = 15; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3"
)
_ASK = (
    "SELECT CASE WHEN is_taken THEN pg_try_advisory_lock(number) ELSE pg_advisory_unlock(number) END "
    "FROM unnest($1::bool[], $2::bigint[]) AS asked(is_taken, number)"
)

logger = logging.getLogger(__name__)


class LineLost(StoreError):
    """The connection is gone, and with it all the locks it held."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A lock that is wanted, or with `is_taken` False is to be let go."""

    number: int
    is_taken: bool
    answer: "asyncio.Future[bool]"


@dataclass
class Line:
    """What is asked while it is busy goes out together. `n_opened` tells the locks of one connection from the next's."""

    engine: AsyncEngine
    is_open: bool = False
    n_opened: int = 0
    _asked: list[Asked] = field(default_factory=list)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, opened: Callable[[], None], hear: Callable[[str], None]) -> None:
        """Keep it open, until cancelled. `opened` is called each time, once what is told reaches `hear`."""
        pause_s = FIRST_PAUSE_S
        while True:
            n_opened = self.n_opened
            try:
                await self._serve(opened, hear)
            except Exception as error:
                logger.warning("the line to PostgreSQL is down: %s; opened anew", type(error).__name__)
            finally:
                self._hang_up()
            pause_s = FIRST_PAUSE_S if self.n_opened > n_opened else min(2 * pause_s, LONGEST_PAUSE_S)
            await asyncio.sleep(pause_s)

    async def lock(self, number: int) -> bool:
        """Take a lock unless another session has it or waits for it. Raises LineLost."""
        return await self._ask(number, is_taken=True)

    def unlock(self, number: int, n_opened: int) -> None:
        """Let go of a lock that was taken on that connection; done before whatever is asked next."""
        if self.is_open and n_opened == self.n_opened:
            self._queue(number, is_taken=False)

    async def _ask(self, number: int, *, is_taken: bool) -> bool:
        if not self.is_open:
            raise LineLost("the line to PostgreSQL is down")
        return await self._queue(number, is_taken=is_taken)

    def _queue(self, number: int, *, is_taken: bool) -> "asyncio.Future[bool]":
        answer = asyncio.get_running_loop().create_future()
        self._asked.append(Asked(number, is_taken, answer))
        self._woken.set()
        return answer

    async def _serve(self, opened: Callable[[], None], hear: Callable[[str], None]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            connection = await self.engine.connect()
        try:
            driver = await driver_of(connection)
            driver.add_termination_listener(lambda _: self._woken.set())
            async with asyncio.timeout(PATIENCE_S):
                await driver.execute(NOTICE_THE_DEAD)
                await driver.add_listener(CHANNEL, lambda *told: hear(told[-1]))
            self.n_opened += 1
            self.is_open = True
            opened()
            while True:
                await self._answer(driver)
        finally:
            # A session that others think is ours must end, whatever state it is in.
            await connection.invalidate()
            await connection.close()

    async def _answer(self, driver: Any) -> None:
        """Send what is asked, or where nothing is, ask whether somebody is there."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PING_S):
                await self._woken.wait()
        self._woken.clear()
        if driver.is_closed():
            raise LineLost("PostgreSQL ended the session")
        asked, self._asked = self._asked, []
        try:
            async with asyncio.timeout(PATIENCE_S):
                taken = [one.is_taken for one in asked]
                found = await driver.fetch(_ASK, taken, [one.number for one in asked])
        except BaseException:
            self._asked = asked + self._asked
            raise
        for one, row in zip(asked, found, strict=True):
            if not one.answer.done():
                one.answer.set_result(row[0])
            elif one.is_taken and row[0]:  # whoever wanted it was cancelled meanwhile
                self._queue(one.number, is_taken=False)

    def _hang_up(self) -> None:
        self.is_open = False
        asked, self._asked = self._asked, []
        for one in asked:
            if one.is_taken and not one.answer.done():
                one.answer.set_exception(LineLost("the line to PostgreSQL was lost"))


async def driver_of(connection: AsyncConnection) -> Any:
    """asyncpg's own connection: SQLAlchemy's begins transactions, and nothing may stay in one for long."""
    return (await connection.get_raw_connection()).driver_connection
