"""PostgreSQL: any number of serving processes; bot/store/peers keeps their turns in order."""

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Concatenate, ParamSpec, TypeVar, cast

from sqlalchemy import URL, AsyncAdaptedQueuePool, Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.monitoring.meters import timed
from bot.store.databases.pinging import ping_idle
from bot.store.databases.pool import PoolUse
from bot.store.errors import StoreError
from bot.store.peers.news import SENDER
from bot.store.peers.postgres import PostgresPeers
from bot.store.sealing.columns import use_keys
from bot.store.sealing.keyring import Keyring

P = ParamSpec("P")
T = TypeVar("T")
POOL_LIMIT = 15  # connections; all are kept, for to open one takes PostgreSQL as long as a turn


class PostgresDatabase:
    """A pool of connections through asyncpg."""

    is_alone = False  # other processes may serve it too

    def __init__(self, url: URL) -> None:
        """Raises StoreError where asyncpg is not installed."""
        self.sender = uuid.uuid4().hex
        self._n_waiting = 0
        through = url.set(drivername="postgresql+asyncpg")
        try:
            self._engine = create_async_engine(
                through,
                pool_size=POOL_LIMIT,
                max_overflow=0,
                pool_use_lifo=True,  # the one used last is there most surely, see ping_idle
                execution_options={SENDER: self.sender},
            )
        except ImportError as error:
            shown = url.render_as_string(hide_password=True)
            raise StoreError(
                f"{shown}: the driver is missing ({error}); pip install 'kefu[postgres]' brings it"
            ) from error
        ping_idle(self._engine.sync_engine)
        # In one snapshot, which PostgreSQL by itself takes for each statement anew.
        self._reading = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._alone = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self.peers = PostgresPeers(self._engine, through, self.sender)

    @property
    def pool(self) -> PoolUse:
        """Of the process; those that listen and hold locks for good are among them."""
        pool = cast(AsyncAdaptedQueuePool, self._engine.pool)
        return PoolUse(pool.checkedout(), POOL_LIMIT, self._n_waiting)

    def use_keys(self, keyring: Keyring | None) -> None:
        """Seal and open customers' words with these."""
        use_keys(self._engine.sync_engine, keyring)

    async def read(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        with timed("reading"):
            async with self._connection(self._reading) as connection:
                return await connection.run_sync(work, *args, **kwargs)

    async def look(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        with timed("reading"):
            async with self._connection(self._alone) as connection:
                return await connection.run_sync(work, *args, **kwargs)

    async def write(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        with timed("writing"):
            async with self._connection(self._engine) as connection, connection.begin():
                return await connection.run_sync(work, *args, **kwargs)

    async def write_one(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        with timed("writing"):
            async with self._connection(self._alone) as connection:
                return await connection.run_sync(work, *args, **kwargs)

    async def preview(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        async with self._connection(self._engine) as connection:
            return await connection.run_sync(work, *args, **kwargs)  # leaving without a commit rolls back

    @asynccontextmanager
    async def _connection(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        is_waiting, self._n_waiting = True, self._n_waiting + 1
        try:
            async with engine.connect() as connection:
                is_waiting, self._n_waiting = False, self._n_waiting - 1
                yield connection
        finally:
            self._n_waiting -= is_waiting

    async def erase_traces(self, *, rewrite: bool) -> bool:
        """Free the dead rows with `rewrite`; else autovacuum does in its time."""
        if rewrite:
            async with self._alone.connect() as connection:
                await connection.exec_driver_sql("VACUUM")
        return True

    async def close(self) -> None:
        await self.peers.close()
        await self._engine.dispose()
