"""SQLite: one file, one writer at a time, a transaction in one thread.

An async driver hops to its thread and back for every statement, cursor and fetch, some forty times a turn: 9 ms.
Here the whole transaction runs in the thread: 2 ms, and the event loop is free meanwhile."""

import asyncio
import functools
import sqlite3
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event

from bot.monitoring.meters import timed
from bot.store.databases.group_commit import GroupCommit
from bot.store.errors import StoreError
from bot.store.peers.peers import NoPeers
from bot.store.sealing.columns import use_keys
from bot.store.sealing.keyring import Keyring

P = ParamSpec("P")
T = TypeVar("T")
BUSY_TIMEOUT_S = 30  # a writer waits this long for another process, e.g. `kefu forget` rewriting the file
CHECKPOINT_TRIES = 50  # 0.1 s apart
READERS = 4
OWN = 0o600  # of a new file; what lies beside it follows


class SqliteDatabase:
    """One file. Writes queue in one thread, in the order they were asked for; reads run beside them (WAL)."""

    def __init__(self, url: URL, *, exclusive: bool) -> None:
        """Raises StoreError with `exclusive` where another process serves the file."""
        self.sender, self.peers = uuid.uuid4().hex, NoPeers()
        path = Path(str(url.database))
        with suppress(OSError):  # connecting says what is wrong
            path.touch(mode=OWN)
        self._server_lock = _lock_for_serving(path) if exclusive else None
        self._engine = _engine(url)
        # Other processes are kept out from the start, so that no transaction fails half-way for want of the lock.
        self._writing = self._engine.execution_options(begins="BEGIN IMMEDIATE")
        self._bare = self._engine.execution_options(begins=None)
        self._writer = GroupCommit(self._writing)
        self._readers = ThreadPoolExecutor(READERS, "store-read")

    def use_keys(self, keyring: Keyring | None) -> None:
        """Seal and open customers' words with these."""
        use_keys(self._engine, keyring)

    @property
    def pool(self) -> None:
        """A file of this process needs none."""

    @property
    def is_alone(self) -> bool:
        return self._server_lock is not None

    async def read(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        def run() -> T:
            with self._engine.connect() as connection:
                return work(connection, *args, **kwargs)

        with timed("reading"):
            return await asyncio.get_running_loop().run_in_executor(self._readers, run)

    look = read

    async def write(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        with timed("writing"):
            return await self._writer.write(lambda connection: work(connection, *args, **kwargs))

    write_one = write

    async def preview(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        def run() -> T:
            with self._writing.connect() as connection:
                return work(connection, *args, **kwargs)  # leaving without a commit rolls back

        return await self._writer.between(run)

    async def erase_traces(self, *, rewrite: bool) -> bool:
        """Deleted bytes were zeroed already (secure_delete); here the log of older pages is emptied, and with
        `rewrite` the whole file is written anew. False where a reader held the log for five seconds."""
        return await self._writer.between(functools.partial(_erase_traces, self._bare, rewrite=rewrite))

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(None, self._readers.shutdown)
        await self._writer.close()
        self._engine.dispose()
        if self._server_lock is not None:
            self._server_lock.close()


def _engine(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, record: object) -> None:
    connection.isolation_level = None  # we begin transactions ourselves, see _begin
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # an acknowledged message survives a power cut
    connection.execute("PRAGMA temp_store = MEMORY")  # what savepoints may want back, else on disk twice
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")  # what `forget` deletes is overwritten


def _begin(connection: Connection) -> None:
    begins: Any = connection.get_execution_options().get("begins", "BEGIN")
    driver: Any = connection.connection.driver_connection
    if begins is not None:  # VACUUM and checkpoints want no transaction around them
        driver.execute(begins)  # past SQLAlchemy, which takes twenty times as long over it


def _erase_traces(bare: Engine, *, rewrite: bool) -> bool:
    with bare.connect() as connection:
        if rewrite:
            connection.exec_driver_sql("VACUUM")
        for _ in range(CHECKPOINT_TRIES):
            is_busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
            if not is_busy:
                return True
            time.sleep(0.1)
    return False


def _lock_for_serving(path: Path) -> sqlite3.Connection:
    """Hold the lock of the one server until the process ends, however it ends.

    It is SQLite's own lock on a file beside the database, so it works on every system, and `kefu export`,
    `forget` and `correct` can use the database meanwhile."""
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
