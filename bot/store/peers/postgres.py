"""The other processes on the same PostgreSQL."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from hashlib import blake2b

from sqlalchemy import URL, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.types import Text

from bot.store.peers.line import NOTICE_THE_DEAD, Line, LineLost, driver_of
from bot.store.peers.news import CHANNEL, EVERYTHING, payload, read
from bot.store.peers.peers import Hear

WAITING = 8  # conversations at once for which another process has to be waited; each takes a connection
GATHER_S = 0.02  # what is said within is told together

# Without waiting for the disk: news that are lost in a crash are found by looking.
_TELL_ALL = text(
    "SELECT set_config('synchronous_commit', 'off', true), pg_notify(:channel, told) FROM unnest(:payloads) AS told"
).bindparams(bindparam("payloads", type_=ARRAY(Text)))

logger = logging.getLogger(__name__)


class PostgresPeers:
    """News by LISTEN and NOTIFY, order and work by advisory locks; `sender` is the name of this process."""

    def __init__(self, engine: AsyncEngine, url: URL, sender: str) -> None:
        self._sender = sender
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        # Beside the pool of the log: who waits here for a turn must not keep that turn from being written.
        self._apart = create_async_engine(url, pool_size=2, max_overflow=WAITING - 1, pool_pre_ping=True)
        self._line = Line(self._apart)
        self._places = asyncio.Semaphore(WAITING)
        self._taken: dict[str, int] = {}  # work -> the opening of the line since which it is ours
        self._untold: dict[str, None] = {}
        self._telling: asyncio.Task[None] | None = None

    @property
    def is_listening(self) -> bool:
        return self._line.is_open

    async def run(self, hear: Hear) -> None:
        def opened() -> None:
            # Held while we live: how others see that we do.
            living = asyncio.ensure_future(self._line.lock(_number("process", self._sender)))
            living.add_done_callback(lambda done: done.cancelled() or done.exception())
            hear(EVERYTHING)

        await self._line.run(opened, lambda told: hear(read(told, self._sender)))

    def tell_soon(self, conversation_key: str) -> None:
        """By one transaction for all that is said within GATHER_S: PostgreSQL commits those that notify one after
        the other, and turns must not queue for that."""
        self._untold[payload(self._sender, "conversation", conversation_key)] = None
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell_gathered())

    @asynccontextmanager
    async def in_order(self, conversation_key: str) -> AsyncIterator[None]:
        """The line takes the lock where it is free, as it nearly always is. Else a connection of its own waits in
        PostgreSQL's queue, which is fair, also to those who only ask whether it is free."""
        number, line = _number("conversation", conversation_key), self._line
        is_ours = False
        with suppress(LineLost):
            is_ours = await line.lock(number)
        if not is_ours:
            async with self._waiting_for(number):
                yield
            return
        n_opened = line.n_opened
        try:
            yield
        finally:
            line.unlock(number, n_opened)

    async def take(self, work: str) -> bool | None:
        if self._line.is_open and self._taken.get(work) == self._line.n_opened:
            return True
        try:
            is_ours = await self._line.lock(_number("work", work))
        except LineLost:
            return None
        if is_ours:
            self._taken[work] = self._line.n_opened
            logger.info("process %d does the work called %s", os.getpid(), work)
        return is_ours

    def let_go(self, work: str) -> None:
        n_opened = self._taken.pop(work, None)
        if n_opened is not None:
            self._line.unlock(_number("work", work), n_opened)

    async def is_gone(self, sender: str) -> bool:
        number = _number("process", sender)
        try:
            is_gone = await self._line.lock(number)
        except LineLost:
            return False
        if is_gone:
            self._line.unlock(number, self._line.n_opened)
        return is_gone

    async def close(self) -> None:
        if self._telling is not None:
            await self._telling
        await self._apart.dispose()

    async def _tell_gathered(self) -> None:
        await asyncio.sleep(GATHER_S)
        while self._untold:
            payloads, self._untold = list(self._untold), {}
            try:
                async with self._engine.connect() as connection:
                    await connection.execute(_TELL_ALL, {"channel": CHANNEL, "payloads": payloads})
            except Exception as error:  # the database may be away; others find it when they look
                logger.warning("%d pieces of news were not told: %s", len(payloads), type(error).__name__)

    @asynccontextmanager
    async def _waiting_for(self, number: int) -> AsyncIterator[None]:
        async with self._places, self._apart.connect() as connection:
            driver = await driver_of(connection)
            try:
                await driver.execute(NOTICE_THE_DEAD)
                await driver.execute("SELECT pg_advisory_lock($1)", number)
            except BaseException:
                await connection.invalidate()  # it may be granted yet
                raise
            try:
                yield
            finally:
                await _unlock(connection, number)


async def _unlock(connection: AsyncConnection, number: int) -> None:
    """Also where the connection is gone, and the lock with it."""
    try:
        await (await driver_of(connection)).execute("SELECT pg_advisory_unlock($1)", number)
    except BaseException as error:
        await connection.invalidate()
        if not isinstance(error, Exception):
            raise


def _number(kind: str, name: str) -> int:
    """The number of a lock; where two names share one they only wait for each other."""
    return int.from_bytes(blake2b(f"{kind} {name}".encode(), digest_size=8).digest(), signed=True)
