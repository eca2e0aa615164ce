"""For the tests of the Telegram channel: a Bot API server."""

from collections.abc import AsyncIterator

import pytest

from tests.bot.channels.fake_bot_api import FakeBotApi, bot_api


@pytest.fixture
async def api() -> AsyncIterator[FakeBotApi]:
    async with bot_api() as server:
        yield server
