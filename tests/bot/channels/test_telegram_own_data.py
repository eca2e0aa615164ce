"""/privacy on Telegram: everybody gets their own data, in a chat that is theirs alone."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bot.channels.fake_bot_api import FakeBotApi
from tests.bot.channels.telegram_desk import TelegramDesk, telegram_desk

BUTTON = "Send me my data"


@pytest.fixture
async def desk(api: FakeBotApi, folder: Path) -> AsyncIterator[TelegramDesk]:
    async with telegram_desk(folder, api) as running:
        yield running


async def test_a_customer_gets_their_own_data_as_a_file(desk: TelegramDesk, api: FakeBotApi) -> None:
    api.say("where is LW-47110", chat=8)
    await api.replies(1, chat=8)
    api.say("where is LW-48213")
    await api.replies(1)
    api.say("/privacy")
    await api.replies(2)
    api.press(api.sent[-1], BUTTON)
    told = (await api.replies(3))[2]
    assert told.startswith('This is all that is stored of you.\n{"format": "kefu-customer/1"')
    assert "where is LW-48213" in told
    assert "LW-47110" not in told
    assert [call.params["chat_id"] for call in api.of("sendDocument")] == [7]


async def test_in_a_group_nobody_gets_a_file(desk: TelegramDesk, api: FakeBotApi) -> None:
    api.say("/privacy", chat=-100)
    await api.replies(1, chat=-100)
    api.press(api.sent[-1], BUTTON)
    assert (await api.replies(2, chat=-100))[1].startswith("Others read along here.")
    assert api.of("sendDocument") == []


async def test_the_button_of_another_chat_opens_nothing(desk: TelegramDesk, api: FakeBotApi) -> None:
    api.say("/privacy", chat=8)
    await api.replies(1, chat=8)
    theirs = api.sent[-1]
    api.say("hello")
    await api.replies(1)
    api.press_data(theirs.data(BUTTON), api.sent[-1])
    assert "no longer works" in (await api.replies(2))[1]
    assert api.of("sendDocument") == []


async def test_the_file_comes_while_a_person_has_the_conversation(
    desk: TelegramDesk, api: FakeBotApi
) -> None:
    api.say("/human")
    await api.replies(1)
    api.say("/privacy")
    await api.replies(2)
    api.press(api.sent[-1], BUTTON)
    assert (await api.replies(3))[2].startswith("This is all that is stored of you.")
    assert await desk.store.status("telegram:7") == "waiting"
