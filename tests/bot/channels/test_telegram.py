"""Customers on Telegram, from the update to the reply."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.channels.telegram.intake import BUSY_TURNS
from bot.staffing import Staffing
from tests.bot.channels.fake_bot_api import ME, TOKEN, FakeBotApi, Sent
from tests.bot.channels.telegram_desk import QUICK, TelegramDesk, telegram_desk
from tests.bot.colleagues import add_colleague

FILE = {"file_id": "F1", "file_unique_id": "u"}


@pytest.fixture
async def desk(api: FakeBotApi, folder: Path) -> AsyncIterator[TelegramDesk]:
    async with telegram_desk(folder, api) as running:
        yield running


async def first_with_buttons(api: FakeBotApi) -> Sent:
    await api.until(lambda: any(sent.rows for sent in api.sent))
    return next(sent for sent in api.sent if sent.rows)


async def test_a_question_is_answered(desk: TelegramDesk, api: FakeBotApi) -> None:
    api.say("where is LW-11111")

    assert "LW-11111" in (await api.replies(1))[0]
    assert not await desk.store.open_updates("telegram")
    assert await desk.channel.username() == "Kefu_bot"
    assert api.sent[0].reply_to is None


async def test_a_conversation_takes_several_messages(desk: TelegramDesk, api: FakeBotApi) -> None:
    api.say("Where is my parcel?")
    assert await api.replies(1) == ["Your order number?"]

    api.say("LW-22222")

    assert "LW-22222" in (await api.replies(2))[1]


async def test_what_a_person_says_is_sent_at_once(desk: TelegramDesk, api: FakeBotApi) -> None:
    api.say("/human")
    await api.replies(1)
    staffing = Staffing(desk.store, desk.engine.settings, desk.engine.news)
    number = (await desk.store.inbox.conversations("waiting", 0))[0].id

    await staffing.say(number, await add_colleague(desk.store, "ben"), "Ben here.")

    assert (await api.replies(2))[1] == "Ben here."


@pytest.mark.parametrize(
    "name", ["start", "help", "human", "bot", "language", "privacy", "forget", "nonsense"]
)
async def test_every_command_is_answered(name: str, desk: TelegramDesk, api: FakeBotApi) -> None:
    api.say(f"/{name}")

    assert len(await api.replies(1)) == 1


async def test_a_command_takes_an_argument_and_the_name_of_the_bot(
    desk: TelegramDesk, api: FakeBotApi
) -> None:
    api.say("/Language@kefu_BOT zh")

    assert await api.replies(1) == ["好的，我会用中文和您交流。"]


async def test_a_command_to_another_bot_is_left_alone(desk: TelegramDesk, api: FakeBotApi) -> None:
    api.say("/help@other_bot")

    await api.silence()


async def test_the_menu_shows_the_commands_in_every_language(desk: TelegramDesk, api: FakeBotApi) -> None:
    await api.until(lambda: len(api.menus) == 3)

    names = [command["command"] for command in api.menus[""]]
    assert names == ["start", "help", "human", "bot", "language", "privacy", "forget"]
    assert api.menus[""] == api.menus["en"]
    assert {"command": "human", "description": "转人工客服"} in api.menus["zh"]


async def test_a_pressed_button_is_acknowledged_marked_and_answered(
    desk: TelegramDesk, api: FakeBotApi
) -> None:
    api.say("something with my order")
    asked = await first_with_buttons(api)
    n_buttons = len(asked.labels)

    query = api.press(asked, "Where is my order")

    assert (await api.replies(2))[1] == "Your order number?"
    await api.until(lambda: "✓ Where is my order" in asked.labels)
    assert len(asked.labels) == n_buttons
    assert api.answered == [query]


async def test_a_button_pressed_again_is_answered_again(desk: TelegramDesk, api: FakeBotApi) -> None:
    api.say("something with my order")
    asked = await first_with_buttons(api)
    api.press(asked, "Where is my order")
    await api.until(lambda: "✓ Where is my order" in asked.labels)

    api.press(asked, "✓ Where is my order")

    assert "already" in (await api.replies(3))[2]
    assert len(api.answered) == 2
    assert "✓ Where is my order" in asked.labels


@pytest.mark.parametrize("data", ["999999:0", "1:77", "help", "", "１:1", "1:2:3", "x" * 64])
async def test_a_stale_or_foreign_button_is_answered_too(
    data: str, desk: TelegramDesk, api: FakeBotApi
) -> None:
    api.say("something with my order")
    asked = await first_with_buttons(api)

    query = api.press_data(data, asked)

    assert "no longer works" in (await api.replies(2))[1]
    assert api.answered == [query]


async def test_a_button_of_another_conversation_does_nothing(desk: TelegramDesk, api: FakeBotApi) -> None:
    api.say("something with my order")
    asked = await first_with_buttons(api)
    api.say("hi", chat=8)
    [hello] = await api.replies(1, chat=8)
    [sent] = [sent for sent in api.sent if sent.text == hello]

    api.press_data(asked.data("Where is my order"), sent, user=8)

    assert "no longer works" in (await api.replies(2, chat=8))[1]


async def test_a_press_outside_any_chat_is_acknowledged(desk: TelegramDesk, api: FakeBotApi) -> None:
    query = api.press_data("1:0", None)

    await api.until(lambda: api.answered == [query])
    await api.silence()


async def test_a_long_reply_comes_in_parts_with_the_buttons_under_the_last(
    desk: TelegramDesk, api: FakeBotApi
) -> None:
    api.say("I have a complaint")
    await api.replies(1)
    paragraph = "It was 👍 until it broke. " * 40
    api.say("\n\n".join([paragraph.strip()] * 4))  # repeated by the answer: 4,111 code units with "Noted: "

    _, first, last = await api.replies(3)

    assert first.startswith("Noted: It was")
    assert first.endswith("broke.")
    assert len(last.encode("utf-16-le")) // 2 <= 4096
    assert [bool(sent.rows) for sent in api.sent] == [False, False, True]


async def test_an_edit_of_the_last_message_is_answered_anew(desk: TelegramDesk, api: FakeBotApi) -> None:
    number = api.say("where is LW-11111")
    await api.replies(1)

    api.edit(number, "where is LW-22222")

    assert "LW-22222" in (await api.replies(2))[1]
    assert (await desk.store.transcript("telegram:7"))[0].text == "where is LW-22222"


async def test_an_edit_of_an_earlier_message_is_only_kept(desk: TelegramDesk, api: FakeBotApi) -> None:
    number = api.say("where is LW-11111")
    await api.replies(1)
    api.say("thanks")
    await api.replies(2)

    api.edit(number, "where is LW-22222")

    await api.silence()
    assert (await desk.store.transcript("telegram:7"))[0].text == "where is LW-22222"


async def test_a_place_shared_live_is_answered_once(desk: TelegramDesk, api: FakeBotApi) -> None:
    place = {"latitude": 51.5, "longitude": -0.1, "live_period": 900}
    number = api.say(location=place)
    await api.replies(1)

    for step in range(3):
        api.edit(number, None, location=place | {"latitude": 51.5 + step / 1000})

    await api.silence()


@pytest.mark.parametrize(
    ("carried", "words"),
    [
        ({"photo": [FILE | {"width": 1}, FILE | {"file_id": "F2", "width": 2}]}, "picture"),
        ({"voice": FILE | {"duration": 3}}, "voice message"),
        ({"audio": FILE | {"duration": 3}}, "voice message"),
        ({"sticker": FILE | {"emoji": "👍"}}, "Nice one"),
        ({"location": {"latitude": 1.0, "longitude": 2.0}}, "place"),
        ({"document": FILE | {"file_name": "bill.pdf"}}, "file"),
        ({"animation": FILE, "document": FILE}, "file"),
        ({"contact": {"phone_number": "1", "first_name": "B"}}, "can't read"),
        ({"poll": {"id": "1", "question": "?"}}, "can't read"),
    ],
)
async def test_what_is_no_text_gets_a_sensible_word(
    carried: dict[str, Any], words: str, desk: TelegramDesk, api: FakeBotApi
) -> None:
    api.say(**carried)

    assert words in (await api.replies(1))[0]


async def test_a_caption_is_understood(desk: TelegramDesk, api: FakeBotApi) -> None:
    api.say(photo=[FILE], caption="where is LW-11111")

    assert "LW-11111" in (await api.replies(1))[0]


async def test_an_album_is_answered_once(desk: TelegramDesk, api: FakeBotApi) -> None:
    for _ in range(3):
        api.say(photo=[FILE], media_group_id="5")

    assert "picture" in (await api.replies(1))[0]


async def test_a_service_message_is_left_alone(desk: TelegramDesk, api: FakeBotApi) -> None:
    api.say(pinned_message={"message_id": 1, "date": 0, "chat": {"id": 7}})
    api.say(new_chat_members=[{"id": 9, "is_bot": False, "first_name": "B"}], chat=-5)

    await api.silence()
    assert not await desk.store.open_updates("telegram")


async def test_the_bot_is_silent_while_a_person_has_the_conversation(
    desk: TelegramDesk, api: FakeBotApi
) -> None:
    api.say("/human")
    await api.replies(1)

    api.say("hello?")
    await api.silence()
    assert not await desk.store.open_updates("telegram")

    api.say("/bot")
    await api.replies(2)


async def test_typing_is_shown_for_as_long_as_a_turn_takes(desk: TelegramDesk, api: FakeBotApi) -> None:
    api.say("hi")
    await api.replies(1)
    assert not api.of("sendChatAction")

    api.say("slowly where is LW-11111")
    await api.until(lambda: len(api.of("sendChatAction")) == 2)
    desk.understander.go.set()
    await api.replies(2)

    n_shown = len(api.of("sendChatAction"))
    await asyncio.sleep(0.2)
    assert len(api.of("sendChatAction")) == n_shown
    assert api.of("sendChatAction")[0].params == {"chat_id": 7, "action": "typing"}


async def test_while_many_wait_nobody_is_shown_that_somebody_writes(
    desk: TelegramDesk, api: FakeBotApi
) -> None:
    for chat in range(1, BUSY_TURNS + 3):
        api.say("slowly where is LW-11111", chat=chat)
    await desk.understander.begun.wait()
    await api.until(lambda: not api.updates)
    await asyncio.sleep(2 * QUICK.typing_after_s)
    shown = {call.params["chat_id"] for call in api.of("sendChatAction")}
    assert shown.isdisjoint({BUSY_TURNS + 1, BUSY_TURNS + 2})
    desk.understander.go.set()
    await api.until(lambda: len(api.sent) == BUSY_TURNS + 2)


async def test_a_slow_turn_holds_up_its_own_chat_only(desk: TelegramDesk, api: FakeBotApi) -> None:
    api.say("slowly where is LW-11111")
    api.say("where is LW-22222")
    await desk.understander.begun.wait()

    api.say("where is LW-33333", chat=8)

    assert "LW-33333" in (await api.replies(1, chat=8))[0]
    assert api.texts() == []
    desk.understander.go.set()
    first, second = await api.replies(2)
    assert "LW-11111" in first
    assert "LW-22222" in second


async def test_more_chats_than_may_be_served_at_once_are_all_answered(folder: Path, api: FakeBotApi) -> None:
    for chat in range(1, 81):
        api.say(f"where is LW-{chat:05}", chat=chat)
    async with telegram_desk(folder, api, takes_s=0.02):
        await api.until(lambda: len(api.sent) == 80)

    assert all(f"LW-{sent.chat_id:05}" in sent.text for sent in api.sent)


async def test_a_flood_is_slowed_down_once(folder: Path, api: FakeBotApi) -> None:
    async with telegram_desk(folder, api, messages_per_minute=3):
        for number in range(6):
            api.say(f"where is LW-{number:05}")

        assert "wait a minute" in (await api.replies(4))[3]


async def test_what_is_under_way_at_the_end_is_finished_and_sent(folder: Path, api: FakeBotApi) -> None:
    async with telegram_desk(folder, api) as desk:
        api.say("slowly where is LW-11111")
        await desk.understander.begun.wait()
        asyncio.get_running_loop().call_later(0.1, desk.understander.go.set)

    assert "LW-11111" in api.texts()[0]


async def test_a_turn_that_does_not_end_holds_up_the_end_for_some_seconds_only(
    folder: Path, api: FakeBotApi
) -> None:
    async with telegram_desk(folder, api) as desk:
        api.say("slowly where is LW-11111")
        await desk.understander.begun.wait()

    assert api.texts() == []
    async with telegram_desk(folder, api) as desk:
        desk.understander.go.set()
        assert "LW-11111" in (await api.replies(1))[0]


async def test_neither_the_token_nor_what_was_said_reaches_the_log(
    folder: Path, api: FakeBotApi, caplog: pytest.LogCaptureFixture
) -> None:
    api.blocked.add(9)
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "httpx"):
        async with telegram_desk(folder, api):
            api.say("crash", chat=8)
            api.say("where is LW-31415", chat=9)
            api.say("something with my order LW-31415")
            await api.replies(1)
            await api.replies(1, chat=8)
            api.edit(2, "where is LW-31415")
            api.push(message="LW-31415")
            api.say("where is my LW-31415 @Kefu_bot", chat=-5, **{"from": ME})
            await api.silence()

    assert "answering on Telegram as @Kefu_bot" in caplog.text
    assert TOKEN not in caplog.text
    assert TOKEN.partition(":")[2] not in caplog.text
    assert "LW-31415" not in caplog.text
