"""For the tests of the console: one that listens."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bot.console.console_desk import ConsoleDesk, open_console


@pytest.fixture
async def desk(folder: Path) -> AsyncIterator[ConsoleDesk]:
    async with open_console(folder) as opened:
        yield opened
