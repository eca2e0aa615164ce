"""PostgreSQL: any number of serving processes; bot/store/peers keeps their turns in order."""

import uuid
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import URL, Connection
from sqlalchemy.ext.asyncio import create_async_engine

from bot.monitoring.meters import timed
from bot.store.errors import StoreError
from bot.store.peers.news import SENDER
from bot.store.peers.postgres import PostgresPeers
from bot.store.sealing.columns import use_keys
from bot.store.sealing.keyring import Keyring

P = ParamSpec("P")
T = TypeVar("T")


class PostgresDatabase:
    """A pool of connections through asyncpg."""

    is_alone = False  # other processes may serve it too

    def __init__(self, url: URL) -> None:
        """Raises StoreError where asyncpg is not installed."""
        self.sender = uuid.uuid4().hex
        through = url.set(drivername="postgresql+asyncpg")
        try:
            self._engine = create_async_engine(
                through, pool_pre_ping=True, execution_options={SENDER: self.sender}
            )
        except ImportError as error:
            shown = url.render_as_string(hide_password=True)
            raise StoreError(
                f"{shown}: the driver is missing ({error}); pip install 'kefu[postgres]' brings it"
            ) from error
        self.peers = PostgresPeers(self._engine, through, self.sender)

    def use_keys(self, keyring: Keyring | None) -> None:
        """Seal and open customers' words with these."""
        use_keys(self._engine.sync_engine, keyring)

    async def read(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        with timed("reading"):
            async with self._engine.connect() as connection:
                return await connection.run_sync(work, *args, **kwargs)

    async def write(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        with timed("writing"):
            async with self._engine.begin() as connection:
                return await connection.run_sync(work, *args, **kwargs)

    async def preview(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        async with self._engine.connect() as connection:
            return await connection.run_sync(work, *args, **kwargs)  # leaving without a commit rolls back

    async def erase_traces(self, *, rewrite: bool) -> bool:
        """Free the dead rows with `rewrite`; else autovacuum does in its time."""
        if rewrite:
            bare = self._engine.execution_options(isolation_level="AUTOCOMMIT")
            async with bare.connect() as connection:
                await connection.exec_driver_sql("VACUUM")
        return True

    async def close(self) -> None:
        await self.peers.close()
        await self._engine.dispose()
