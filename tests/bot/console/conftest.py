"""For the tests of the console: one that listens."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store.store import Store
from tests.bot.console.console_desk import ConsoleDesk, open_console


@pytest.fixture(scope="session")
def empty_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log") / "kefu.db"


@pytest.fixture
async def folder(empty_log: Path, tmp_path: Path) -> Path:
    """A folder whose kefu.db has its tables already: making them takes longer than most tests."""
    if not empty_log.exists():
        async with await Store.open(f"sqlite:///{empty_log}"):
            pass
    shutil.copy(empty_log, tmp_path)
    return tmp_path


@pytest.fixture
async def desk(folder: Path) -> AsyncIterator[ConsoleDesk]:
    async with open_console(folder) as opened:
        yield opened
