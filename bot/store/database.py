"""One database, SQLite or PostgreSQL: connections, transactions, the lock of the one server."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Table, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.store.errors import StoreError
from bot.store.migrate import upgrade

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}
BUSY_TIMEOUT_S = 30  # a writer waits this long for another process, e.g. `kefu forget` rewriting the file
CHECKPOINT_TRIES = 50  # 0.1 s apart


class Database:
    """Connections to one database whose tables are up to date."""

    def __init__(self, engine: AsyncEngine, server_lock: sqlite3.Connection | None) -> None:
        self.engine = engine
        self._writer = engine.execution_options(begins="BEGIN IMMEDIATE")
        self._server_lock = server_lock
        self._one_writer = asyncio.Lock()

    @classmethod
    async def open(cls, url: str, *, exclusive: bool) -> "Database":
        """Connect and bring the tables up to date.

        Raises StoreError for an unusable URL, a database that can't be reached, one written by a newer
        kefu, and with `exclusive` a SQLite file that another process serves."""
        parsed = parse_url(url)
        shown = parsed.render_as_string(hide_password=True)
        server_lock = _lock_for_serving(parsed) if exclusive else None
        try:
            engine = _engine(parsed)
        except ImportError as error:
            raise StoreError(
                f"{shown}: the driver is missing ({error}); install it with pip install 'kefu[postgres]'"
            ) from error
        database = cls(engine, server_lock)
        try:
            async with database.write() as connection:
                await connection.run_sync(upgrade)
        except (DBAPIError, OSError) as error:
            await database.close()
            raise StoreError(f"{shown}: can't be opened: {getattr(error, 'orig', None) or error}") from error
        except BaseException:
            await database.close()
            raise
        return database

    async def close(self) -> None:
        await self.engine.dispose()
        if self._server_lock is not None:
            self._server_lock.close()

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @property
    def is_exclusive(self) -> bool:
        """Whether no other process can be serving this database."""
        return self._server_lock is not None

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """One snapshot; not for writing."""
        async with self.engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One transaction, committed at the end, rolled back on any error.

        SQLite has one writer at a time: tasks of this process queue here, fairly; other processes at
        BEGIN IMMEDIATE, so that no transaction fails half-way for want of the lock."""
        if not self.is_sqlite:
            async with self._writer.begin() as connection:
                yield connection
            return
        async with self._one_writer, self._writer.begin() as connection:
            yield connection

    @asynccontextmanager
    async def preview(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that is rolled back in the end: what would happen, without it happening."""
        async with self._one_writer, self._writer.connect() as connection:
            yield connection
            await connection.rollback()

    async def erase_traces(self, *, rewrite: bool) -> bool:
        """Make deleted text unreadable in the files themselves; False where a reader kept us from it.

        SQLite: deleted bytes were zeroed already (secure_delete), here the log of old pages is emptied, and
        with `rewrite` the whole file is written anew. PostgreSQL: dead rows are vacuumed with `rewrite`."""
        if not self.is_sqlite:
            bare = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        else:
            bare = self.engine.execution_options(begins=None)
        async with self._one_writer, bare.connect() as connection:
            if rewrite:
                await connection.exec_driver_sql("VACUUM")
            return not self.is_sqlite or await _empty_write_ahead_log(connection)


async def _empty_write_ahead_log(connection: AsyncConnection) -> bool:
    for _ in range(CHECKPOINT_TRIES):
        is_busy = (await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")).one()[0]
        if not is_busy:
            return True
        await asyncio.sleep(0.1)
    return False


async def insert_new(
    connection: AsyncConnection, table: Table, values: dict[str, Any], key: tuple[str, ...]
) -> int | None:
    """Insert a row unless one with the same `key` columns is there; the new row's id, None if there was one."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert(table).values(values).on_conflict_do_nothing(index_elements=key).returning(table.c.id)
    row_id: int | None = (await connection.execute(statement)).scalar_one_or_none()
    return row_id


def parse_url(url: str) -> URL:
    """Read a database URL; the driver may be left out.

    Raises StoreError for anything but SQLite and PostgreSQL."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreError(
            "the database URL can't be read; wanted sqlite:///file or postgresql://user@host/name"
        ) from error
    name = parsed.drivername.split("+")[0]
    if name not in DRIVERS:
        raise StoreError(f"the database is of kind {name!r}; wanted sqlite or postgresql")
    return parsed.set(drivername=DRIVERS[name])


def _engine(url: URL) -> AsyncEngine:
    if url.get_backend_name() != "sqlite":
        return create_async_engine(url, pool_pre_ping=True)
    engine = create_async_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S})
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, record: object) -> None:
    connection.isolation_level = None  # we begin transactions ourselves, see _begin_sqlite
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")  # an acknowledged message survives a power cut
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA secure_delete = ON")  # what `forget` deletes is overwritten
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    begins = connection.get_execution_options().get("begins", "BEGIN")
    if begins is not None:  # VACUUM and checkpoints want no transaction around them
        connection.exec_driver_sql(begins)


def _lock_for_serving(url: URL) -> sqlite3.Connection | None:
    """Hold WORKSPACE/kefu.db's serving lock until the process ends, however it ends.

    The lock is SQLite's own on a file beside the database, so it works on every system, and
    `kefu export`, `forget` and `correct` can use the database meanwhile."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    path = Path(str(url.database))
    lock = path.with_name(f"{path.stem}.serving.db")
    try:
        holder = sqlite3.connect(lock, timeout=0, isolation_level=None, check_same_thread=False)
    except sqlite3.OperationalError as error:
        raise StoreError(f"{lock}: can't be opened: {error}") from error
    try:
        holder.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        holder.close()
        raise StoreError(
            f"{path}: another `kefu serve` is using it (or {lock} can't be locked: {error}); stop that one, "
            "or set KEFU_DATABASE_URL to a PostgreSQL database, which any number may share"
        ) from error
    return holder
