"""How a database is, looked at without changing it: `open_database` would bring its tables up to date."""

import asyncio
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import URL, Connection, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from bot.store.database import parse_url
from bot.store.errors import StoreError
from bot.store.migrate import revision_of, revisions

PATIENCE_S = 10.0  # with a server that doesn't answer
CLOCK = {"sqlite": "SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')", "postgresql": "SELECT clock_timestamp()"}


@dataclass(frozen=True, slots=True)
class Condition:
    """`version` is that of its tables, None where it has none, `wanted` what this kefu works with; `damage` is what
    SQLite's own check found, "" for nothing; `ahead_s` how far its clock is before ours."""

    program: str
    version: str | None
    wanted: str
    is_newer: bool
    damage: str
    ahead_s: float


async def look_at(url: str) -> Condition | None:
    """None where the SQLite file isn't there yet.

    Raises StoreError for an unusable URL, and a database that can't be reached, read, or doesn't answer in PATIENCE_S."""
    parsed = parse_url(url)
    shown = parsed.render_as_string(hide_password=True)
    try:
        if parsed.drivername == "sqlite":
            return await asyncio.to_thread(_look_at_file, Path(str(parsed.database)))
        async with asyncio.timeout(PATIENCE_S):
            return await _look_at_server(parsed)
    except ImportError as error:
        raise StoreError(f"{shown}: the driver is missing ({error})") from error
    except TimeoutError as error:
        raise StoreError(f"{shown}: no answer within {PATIENCE_S:g} s") from error
    except (DBAPIError, OSError) as error:
        raise StoreError(f"{shown}: can't be opened: {getattr(error, 'orig', None) or error}") from error


def _look_at_file(path: Path) -> Condition | None:
    if not path.exists():
        return None
    source = f"{path.resolve().as_uri()}?mode=ro"
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(source, uri=True), poolclass=NullPool)
    with engine.connect() as connection:
        return _look(connection)


async def _look_at_server(url: URL) -> Condition:
    engine = create_async_engine(url.set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_look)
    finally:
        await engine.dispose()


def _look(connection: Connection) -> Condition:
    kind = connection.dialect.name
    told = connection.exec_driver_sql(CLOCK[kind]).scalar_one()
    theirs = datetime.fromisoformat(told).replace(tzinfo=UTC) if isinstance(told, str) else told
    ahead_s = (theirs - datetime.now(UTC)).total_seconds()
    known, version = revisions(), revision_of(connection)
    is_newer = version is not None and version not in known
    return Condition(_program(connection), version, known[0], is_newer, _damage(connection), ahead_s)


def _program(connection: Connection) -> str:
    if connection.dialect.name == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}"
    return f"PostgreSQL {connection.exec_driver_sql('SHOW server_version').scalar_one()}"


def _damage(connection: Connection) -> str:
    if connection.dialect.name != "sqlite":
        return ""
    told = [str(line) for line in connection.exec_driver_sql("PRAGMA quick_check(3)").scalars()]
    return "" if told == ["ok"] else "; ".join(told)
