"""Telegram, the network and the database fail; the bot goes on, and nothing is lost."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.channels.telegram.channel import TokenRefused
from bot.messages import Message, Turn
from bot.store.records import Conversation, Outgoing
from bot.store.store import Store
from tests.bot.channels.fake_bot_api import (
    BAD_GATEWAY,
    CONFLICT,
    CUT,
    CUT_AFTER,
    GARBAGE,
    HANG,
    NO_RESULT,
    NOT_A_LIST,
    TOKEN,
    UNAUTHORIZED,
    FakeBotApi,
    Fault,
    bot_api,
    refuse,
    too_many,
)
from tests.bot.channels.telegram_desk import IMPATIENT, QUICK, TelegramDesk, telegram_desk

SECRET = "no room for what Anna wrote: LW-31415"  # databases quote what they were given
NOT_FOUND = refuse(404, "Not Found")
HTML_FORBIDDEN = Fault(403, b"<html>the proxy says no</html>")


@pytest.fixture
async def desk(api: FakeBotApi, folder: Path) -> AsyncIterator[TelegramDesk]:
    async with telegram_desk(folder, api) as running:
        yield running


class MoodyStore(Store):
    """A log whose database fails the next calls of a name, one each."""

    failing: list[str]

    def _look(self, name: str) -> None:
        if name in self.failing:
            self.failing.remove(name)
            raise OSError(SECRET)

    async def record_updates(self, channel: str, received: Any) -> list[str]:
        self._look("record_updates")
        return await super().record_updates(channel, received)

    async def open_updates(self, channel: str) -> Any:
        self._look("open_updates")
        return await super().open_updates(channel)

    async def finish_update(self, channel: str, update_id: str) -> None:
        self._look("finish_update")
        await super().finish_update(channel, update_id)

    async def arrival(self, message: Message) -> Turn | Conversation:
        self._look("arrival")
        return await super().arrival(message)

    async def save_turn(self, *args: Any, **kwargs: Any) -> Turn:
        self._look("save_turn")
        return await super().save_turn(*args, **kwargs)

    async def undelivered(self, channel: str) -> list[Outgoing]:
        self._look("undelivered")
        return await super().undelivered(channel)

    async def mark_sending(self, message_id: int) -> bool:
        self._look("mark_sending")
        return await super().mark_sending(message_id)

    async def mark_delivered(self, message_id: int, external_id: str = "") -> None:
        self._look("mark_delivered")
        await super().mark_delivered(message_id, external_id)


@pytest.fixture
async def moody(folder: Path) -> AsyncIterator[MoodyStore]:
    async with await MoodyStore.open(f"sqlite:///{folder / 'kefu.db'}") as store:
        assert isinstance(store, MoodyStore)
        store.failing = []
        yield store


# updates


async def test_an_update_is_acknowledged_only_after_it_is_stored(
    moody: MoodyStore, folder: Path, api: FakeBotApi
) -> None:
    moody.failing = ["record_updates"] * 10**4
    async with telegram_desk(folder, api, store=moody, tempo=replace(QUICK, drain_s=0.05)):
        api.say("where is LW-11111")
        await api.until(lambda: len(moody.failing) < 10**4 - 3)

    assert len(api.updates) == 1
    assert api.sent == []
    moody.failing = []
    async with telegram_desk(folder, api, store=moody):
        await api.replies(1)
        await api.until(lambda: not api.updates)


@pytest.mark.parametrize(
    "call",
    [
        "record_updates",
        "open_updates",
        "arrival",
        "save_turn",
        "undelivered",
        "mark_sending",
        "mark_delivered",
        "finish_update",
    ],
)
async def test_a_database_that_is_away_for_a_while_loses_and_doubles_nothing(
    call: str, moody: MoodyStore, folder: Path, api: FakeBotApi, caplog: pytest.LogCaptureFixture
) -> None:
    moody.failing = [call] * 3
    async with telegram_desk(folder, api, store=moody):
        api.say("where is LW-11111")
        api.say("where is LW-22222")
        api.say(pinned_message={})
        first, second = await api.replies(2)
        await api.until(lambda: not moody.failing)

    assert "LW-11111" in first
    assert "LW-22222" in second
    assert await moody.open_updates("telegram") == []
    assert "OSError" in caplog.text
    assert "LW-31415" not in caplog.text


async def test_an_update_given_twice_is_handled_once(desk: TelegramDesk, api: FakeBotApi) -> None:
    message = api.message("where is LW-11111")
    for _ in range(3):
        api.push(5000, message=message)
        await api.silence() if api.sent else await api.replies(1)

    assert len(api.texts()) == 1


async def test_a_press_given_twice_is_acknowledged_once(desk: TelegramDesk, api: FakeBotApi) -> None:
    api.say("something with my order")
    await api.replies(1)
    api.press(api.sent[0], "Where is my order")
    update = dict(api.updates[-1])
    await api.replies(2)

    api.push(**update)

    await api.silence()
    assert len(api.of("answerCallbackQuery")) == 1


async def test_a_message_given_again_under_another_update_id_is_answered_once(
    desk: TelegramDesk, api: FakeBotApi
) -> None:
    message = api.message("where is LW-11111")
    api.push(message=message)
    await api.replies(1)

    api.push(message=message)

    await api.silence()
    assert not await desk.store.open_updates("telegram")


async def test_update_ids_that_go_back_are_no_reason_to_miss_any(desk: TelegramDesk, api: FakeBotApi) -> None:
    api.say("where is LW-11111", update_id=900_000)
    await api.replies(1)
    await asyncio.sleep(1.1)  # a poll that ends empty: all so far is acknowledged

    api.say("where is LW-22222", update_id=20)
    api.say("where is LW-33333", update_id=10)

    _, second, third = await api.replies(3)
    assert "LW-22222" in second
    assert "LW-33333" in third


async def test_what_was_stored_and_not_handled_is_handled_after_a_restart(
    folder: Path, api: FakeBotApi
) -> None:
    payload = {"update_id": 31, "message": api.message("where is LW-11111")}
    async with await Store.open(f"sqlite:///{folder / 'kefu.db'}") as store:
        await store.record_updates("telegram", [("31", payload)])
    api.push(31, message=payload["message"])  # and it was not acknowledged either

    async with telegram_desk(folder, api) as desk:
        await api.replies(1)
        await api.silence()
        assert not await desk.store.open_updates("telegram")


async def test_nonsense_among_updates_does_not_stop_the_others(desk: TelegramDesk, api: FakeBotApi) -> None:
    good = {"update_id": 40, "message": api.message("where is LW-11111")}
    mixed = [{"update_id": "x"}, {"no": "id"}, None, {"update_id": 41, "message": "?"}, good]
    api.fail("getUpdates", Fault(200, json.dumps({"ok": True, "result": mixed}).encode()))
    api.push(message=api.message("hi") | {"chat": None})  # ends the poll under way
    api.say("where is LW-22222")

    await api.replies(2)
    assert not await desk.store.open_updates("telegram")


@pytest.mark.parametrize(
    "fault",
    [BAD_GATEWAY, CUT, CUT_AFTER, HANG, GARBAGE, NO_RESULT, HTML_FORBIDDEN, too_many()],
    ids=["5xx", "cut", "cut after", "hang", "garbage", "no result", "proxy", "429"],
)
@pytest.mark.parametrize("method", ["getMe", "deleteWebhook", "getUpdates", "setMyCommands"])
async def test_the_bot_gets_going_whatever_fails_at_first(
    method: str, fault: Fault, folder: Path, api: FakeBotApi
) -> None:
    api.fail(method, fault)
    api.say("where is LW-11111")
    async with telegram_desk(folder, api, tempo=IMPATIENT if fault is HANG else QUICK):
        await api.replies(1)
        await api.until(lambda: len(api.menus) == 3)


async def test_a_poll_that_gives_no_list_is_repeated(folder: Path, api: FakeBotApi) -> None:
    api.fail("getUpdates", NOT_A_LIST, NOT_A_LIST)
    api.say("hi")
    async with telegram_desk(folder, api):
        await api.replies(1)


async def test_telegram_may_be_out_of_reach_at_the_start(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with bot_api() as gone:
        port = int(gone.base_url.split(":")[2].removesuffix("/bot"))
    async with telegram_desk(folder, gone) as desk:
        await gone.until(lambda: "Telegram can't be reached" in caplog.text)
        async with bot_api(port, gone):
            gone.say("hi")
            await gone.replies(1)
            assert await desk.channel.username() == "Kefu_bot"


async def test_a_start_that_never_reached_telegram_can_be_ended(folder: Path) -> None:
    async with bot_api() as gone:
        pass
    async with telegram_desk(folder, gone):
        await asyncio.sleep(0.05)


async def test_another_program_on_the_same_token_is_reported_and_outlasted(
    desk: TelegramDesk, api: FakeBotApi, caplog: pytest.LogCaptureFixture
) -> None:
    api.fail("getUpdates", CONFLICT, CONFLICT)
    api.say("hi")  # ends the poll under way
    await api.replies(1)
    api.say("thanks")

    await api.replies(2)
    assert "another program asks Telegram for the updates" in caplog.text


async def test_a_webhook_left_behind_is_removed(folder: Path, api: FakeBotApi) -> None:
    api.has_webhook = True
    async with telegram_desk(folder, api):
        api.say("hi")
        await api.replies(1)


@pytest.mark.parametrize(
    ("token", "faults"),
    [("123456:wrong", []), ("no token", []), ("1:a\nb", []), (TOKEN, [NOT_FOUND])],
)
async def test_a_wrong_token_is_one_clear_line(
    token: str, faults: list[Fault], folder: Path, api: FakeBotApi, caplog: pytest.LogCaptureFixture
) -> None:
    api.fail("getMe", *faults)
    async with telegram_desk(folder, api, token=token) as desk:
        with pytest.raises(TokenRefused, match="TELEGRAM_BOT_TOKEN"):
            await desk.channel.username()

    [line] = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "TELEGRAM_BOT_TOKEN" in line.getMessage()
    assert token not in caplog.text


async def test_a_token_that_is_revoked_later_is_reported(
    desk: TelegramDesk, api: FakeBotApi, caplog: pytest.LogCaptureFixture
) -> None:
    api.say("hi")
    await api.replies(1)

    api.fail("getUpdates", UNAUTHORIZED)
    api.say("thanks")  # ends the poll under way

    await api.until(lambda: "TELEGRAM_BOT_TOKEN" in caplog.text)
    assert TOKEN not in caplog.text


# replies


@pytest.mark.parametrize(
    "fault", [BAD_GATEWAY, CUT, HTML_FORBIDDEN, UNAUTHORIZED, refuse(500, "Internal Server Error")]
)
async def test_a_reply_that_fails_is_sent_again(fault: Fault, desk: TelegramDesk, api: FakeBotApi) -> None:
    api.fail("sendMessage", fault, fault)
    api.say("where is LW-11111")
    api.say("where is LW-22222")

    first, second = await api.replies(2)

    assert "LW-11111" in first
    assert "LW-22222" in second


async def test_a_reply_that_is_not_taken_in_time_is_sent_again(folder: Path, api: FakeBotApi) -> None:
    api.fail("sendMessage", HANG)
    api.say("where is LW-11111")
    async with telegram_desk(folder, api, tempo=IMPATIENT):
        await api.replies(1)


async def test_too_many_requests_hold_up_that_chat_only_and_keep_its_order(
    desk: TelegramDesk, api: FakeBotApi
) -> None:
    api.fail("sendMessage", too_many(1), chat=7)
    api.say("where is LW-11111")
    api.say("where is LW-22222")
    await api.until(lambda: len(api.of("sendMessage")) == 1)

    api.say("where is LW-33333", chat=8)

    await api.replies(1, chat=8)
    assert api.texts() == []
    first, second = await api.replies(2)
    assert "LW-11111" in first
    assert "LW-22222" in second
    refused, again = api.of("sendMessage")[0], api.sent[1]
    assert again.at - refused.at >= 1.0


@pytest.mark.parametrize("method", ["answerCallbackQuery", "editMessageReplyMarkup"])
@pytest.mark.parametrize("fault", [too_many(1), BAD_GATEWAY, CUT, NO_RESULT])
async def test_a_press_is_acknowledged_and_marked_though_that_fails_at_first(
    method: str, fault: Fault, desk: TelegramDesk, api: FakeBotApi
) -> None:
    api.say("something with my order")
    await api.replies(1)
    api.fail(method, fault)

    query = api.press(api.sent[0], "Where is my order")

    await api.replies(2)
    await api.until(lambda: "✓ Where is my order" in api.sent[0].labels)
    assert api.answered == [query]


@pytest.mark.parametrize("fault", [too_many(1), BAD_GATEWAY, CUT, GARBAGE, refuse(400, "Bad Request")])
async def test_typing_that_fails_is_nobodys_loss(fault: Fault, desk: TelegramDesk, api: FakeBotApi) -> None:
    api.fail("sendChatAction", fault)
    api.say("slowly where is LW-11111")
    await api.until(lambda: len(api.of("sendChatAction")) == 1)

    desk.understander.go.set()

    await api.replies(1)


@pytest.mark.parametrize(
    "fault",
    [
        CUT_AFTER,
        Fault(200, GARBAGE.body, is_done=True),
        Fault(200, b'{"ok": true, "result": {}}', is_done=True),
    ],
)
async def test_a_send_without_a_readable_answer_is_tried_three_times_at_most(
    fault: Fault, desk: TelegramDesk, api: FakeBotApi
) -> None:
    api.fail("sendMessage", fault, fault, fault)
    api.say("where is LW-11111")
    api.say("where is LW-22222")

    texts = await api.replies(4)

    assert [("LW-11111" in text) for text in texts] == [True, True, True, False]


async def test_a_customer_who_blocked_the_bot_is_left_in_peace_until_they_write(
    desk: TelegramDesk, api: FakeBotApi
) -> None:
    api.blocked.add(7)
    api.fail("sendMessage", too_many(1))  # time enough for a second reply
    api.say("hi")
    api.say("thanks")
    await api.until(lambda: len(api.of("sendMessage")) == 2)
    api.blocked.clear()
    await api.silence()
    assert await desk.store.undelivered("telegram") == []

    api.say("bye")

    assert await api.replies(1) == ["Bye!"]


async def test_what_waits_is_not_sent_once_telegram_tells_of_a_block(
    desk: TelegramDesk, api: FakeBotApi
) -> None:
    api.fail("sendMessage", too_many(1))
    api.say("hi")
    await api.until(lambda: len(api.of("sendMessage")) == 1)

    api.push(my_chat_member={"chat": {"id": 7}, "new_chat_member": {"status": "kicked"}})

    await api.silence()
    await asyncio.sleep(1.0)
    assert api.sent == []
    assert await desk.store.undelivered("telegram") == []


async def test_a_reply_that_telegram_dislikes_is_sent_more_simply(
    desk: TelegramDesk, api: FakeBotApi
) -> None:
    gone = refuse(400, "Bad Request: message to be replied not found")
    api.fail("sendMessage", gone, refuse(400, "Bad Request: BUTTON_DATA_INVALID"))
    api.say("@Kefu_bot where is LW-11111", chat=-5)

    await api.replies(1, chat=-5)

    assert ["reply_parameters" in call.params for call in api.of("sendMessage")] == [True, False, False]
    assert ["reply_markup" in call.params for call in api.of("sendMessage")] == [True, True, False]


async def test_a_reply_that_telegram_refuses_does_not_hold_up_the_next(
    desk: TelegramDesk, api: FakeBotApi
) -> None:
    bad = refuse(400, "Bad Request: chat not found")
    api.fail("sendMessage", bad, bad)
    api.say("where is LW-11111")
    api.say("where is LW-22222")

    assert "LW-22222" in (await api.replies(1))[0]
    assert await desk.store.undelivered("telegram") == []


async def test_replies_that_another_process_left_are_sent(desk: TelegramDesk, api: FakeBotApi) -> None:
    api.say("hi")
    await api.replies(1)
    message = Message(
        channel="telegram",
        conversation_key="telegram:7",
        customer_key="telegram:7",
        external_id="from elsewhere",
        received_at=(await desk.store.transcript("telegram:7"))[0].at,
        text="thanks",
    )

    await desk.engine.handle(message)

    await api.replies(2)
