"""One database, SQLite or PostgreSQL, behind the few words the store needs."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from bot.store.databases.migrate import upgrade
from bot.store.databases.pool import PoolUse
from bot.store.errors import StoreError
from bot.store.peers.peers import Peers
from bot.store.sealing.in_use import check_keys
from bot.store.sealing.keyring import Keyring, read_keyring

P = ParamSpec("P")
T = TypeVar("T")
KINDS = {"sqlite": "sqlite", "postgresql": "postgresql", "postgres": "postgresql"}


class Database(Protocol):
    """Runs pieces of work, plain functions on a connection, each in a transaction of its own."""

    @property
    def is_alone(self) -> bool:
        """Whether no other process can be serving this database."""

    @property
    def sender(self) -> str:
        """The name of this process among those that serve it."""

    @property
    def peers(self) -> Peers:
        """Those others."""

    @property
    def pool(self) -> PoolUse | None:
        """How its connections are used; None where it is a file of this process."""

    def use_keys(self, keyring: Keyring | None) -> None:
        """Seal and open customers' words with these."""

    async def read(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run it on one snapshot; it doesn't write."""

    async def look(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The same where each statement may see a newer state than the one before: for PostgreSQL a third of the work
        where there is but one."""

    async def write(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run it and commit; any error rolls it back."""

    async def write_one(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The same for work of a single statement, which PostgreSQL need not be told the begin and end of: there each
        statement is committed by itself."""

    async def preview(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run it and roll it back: what would happen, without it happening."""

    async def erase_traces(self, *, rewrite: bool) -> bool:
        """Make deleted text unreadable in the files themselves; False where another process kept us from it."""

    async def close(self) -> None: ...


async def open_database(url: str, *, exclusive: bool, as_it_is: bool = False) -> Database:
    """Connect and bring the tables up to date, or leave them `as_it_is`.

    Raises StoreError for an unusable URL, a database that can't be reached, one written by a newer kefu,
    and with `exclusive` a SQLite file that another process serves."""
    parsed = parse_url(url)
    shown = parsed.render_as_string(hide_password=True)
    keyring = read_keyring()
    database = _connect(parsed, exclusive=exclusive)
    try:
        if not as_it_is:
            await database.write(upgrade)
            await database.write(check_keys, keyring)
        database.use_keys(keyring)
    except (DBAPIError, OSError) as error:
        await database.close()
        raise StoreError(f"{shown}: can't be opened: {getattr(error, 'orig', None) or error}") from error
    except BaseException:
        await database.close()
        raise
    return database


def parse_url(url: str) -> URL:
    """Read a database URL; a driver named in it is not looked at.

    Raises StoreError for anything but a SQLite file and PostgreSQL."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # not `from` it: it shows what may be a part of the password
        raise StoreError(
            "the database URL can't be read; wanted sqlite:///file or postgresql://user@host/name"
        ) from None
    kind = KINDS.get(parsed.drivername.split("+")[0])
    if kind is None:
        raise StoreError(f"the database is of kind {parsed.drivername!r}; wanted sqlite or postgresql")
    if kind == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise StoreError("the database URL names no file; wanted sqlite:///file")
    return parsed.set(drivername=kind)


def _connect(url: URL, *, exclusive: bool) -> Database:
    if url.drivername == "sqlite":
        from bot.store.databases.sqlite import SqliteDatabase

        return SqliteDatabase(url, exclusive=exclusive)
    from bot.store.databases.postgres import PostgresDatabase

    return PostgresDatabase(url)
