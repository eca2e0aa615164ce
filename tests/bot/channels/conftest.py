"""For the tests of the Telegram channel: a Bot API server, and a folder with an empty log."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store.store import Store
from tests.bot.channels.fake_bot_api import FakeBotApi, bot_api


@pytest.fixture
async def api() -> AsyncIterator[FakeBotApi]:
    async with bot_api() as server:
        yield server


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
