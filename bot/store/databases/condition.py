"""How a database is, looked at without changing it: `open_database` would bring its tables up to date."""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, Connection, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from bot.store.databases.database import parse_url
from bot.store.databases.migrate import revision_of, revisions
from bot.store.errors import StoreError

T = TypeVar("T")
PATIENCE_S = 10.0  # with a server that doesn't answer
CLOCK = {"sqlite": "SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')", "postgresql": "SELECT clock_timestamp()"}


@dataclass(frozen=True, slots=True)
class Condition:
    """`version` is that of its tables, None where it has none, `wanted` what this kefu works with; `damage` is what
    SQLite's own check found, "" for nothing."""

    program: str
    version: str | None
    wanted: str
    is_newer: bool
    damage: str


async def look_at(url: str) -> Condition | None:
    """None where the SQLite file isn't there yet.

    Raises StoreError for an unusable URL, and a database that can't be reached, read, or doesn't answer in PATIENCE_S."""
    return await _with(url, _look)


async def clock_of(url: str) -> float | None:
    """How many seconds the database's clock is before ours; None and errors as for `look_at`."""
    return await _with(url, _ahead)


async def _with(url: str, look: Callable[[Connection], T]) -> T | None:
    parsed = parse_url(url)
    shown = parsed.render_as_string(hide_password=True)
    try:
        if parsed.drivername == "sqlite":
            return await asyncio.to_thread(_with_file, Path(str(parsed.database)), look)
        async with asyncio.timeout(PATIENCE_S):
            return await _with_server(parsed, look)
    except ImportError as error:
        raise StoreError(f"{shown}: the driver is missing ({error})") from error
    except TimeoutError as error:
        raise StoreError(f"{shown}: no answer within {PATIENCE_S:g} s") from error
    except (DBAPIError, OSError) as error:
        raise StoreError(f"{shown}: can't be opened: {getattr(error, 'orig', None) or error}") from error


def _with_file(path: Path, look: Callable[[Connection], T]) -> T | None:
    if not path.exists():
        return None
    source = f"{path.resolve().as_uri()}?mode=ro"
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(source, uri=True), poolclass=NullPool)
    with engine.connect() as connection:
        return look(connection)


async def _with_server(url: URL, look: Callable[[Connection], T]) -> T:
    engine = create_async_engine(url.set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(look)
    finally:
        await engine.dispose()


def _ahead(connection: Connection) -> float:
    told = connection.exec_driver_sql(CLOCK[connection.dialect.name]).scalar_one()
    theirs: datetime = datetime.fromisoformat(told).replace(tzinfo=UTC) if isinstance(told, str) else told
    return (theirs - datetime.now(UTC)).total_seconds()


def _look(connection: Connection) -> Condition:
    known, version = revisions(), revision_of(connection)
    is_newer = version is not None and version not in known
    return Condition(_program(connection), version, known[0], is_newer, _damage(connection))


def _program(connection: Connection) -> str:
    if connection.dialect.name == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}"
    return f"PostgreSQL {connection.exec_driver_sql('SHOW server_version').scalar_one()}"


def _damage(connection: Connection) -> str:
    if connection.dialect.name != "sqlite":
        return ""
    told = [str(line) for line in connection.exec_driver_sql("PRAGMA quick_check(3)").scalars()]
    return "" if told == ["ok"] else "; ".join(told)
