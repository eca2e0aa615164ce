"""The channel is killed at any point and started again: no message is lost, none is answered twice.

The one window in which a customer may see a reply twice is the call that sends it: a reply that was being
sent when the channel died is sent again, for nobody knows whether it arrived."""

import asyncio
import random
import re
import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bot.channels.fake_bot_api import BAD_GATEWAY, CUT_AFTER, FakeBotApi
from tests.bot.channels.telegram_desk import telegram_desk

CHATS = range(1, 7)
PER_CHAT = 5
MAX_KILLS = 25


async def start(folder: Path, api: FakeBotApi) -> asyncio.Task[None]:
    """Run the channel in a task."""
    started = asyncio.Event()

    async def run() -> None:
        async with telegram_desk(folder, api, takes_s=0.002):
            started.set()
            await asyncio.Event().wait()

    running = asyncio.create_task(run())
    await started.wait()
    return running


async def kill(running: asyncio.Task[None]) -> None:
    """Drop a channel with all that is under way."""
    running.cancel()
    await asyncio.wait([running])
    assert running.cancelled(), running.exception()


def being_sent(folder: Path) -> set[str]:
    """The replies in the named window, as the log has them after a kill."""
    database = sqlite3.connect(folder / "kefu.db")
    try:
        if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'messages'").fetchall():
            return set()
        rows = database.execute("SELECT text FROM messages WHERE delivery = 'sending'").fetchall()
    finally:
        database.close()
    return {number_in(text) for (text,) in rows}


def number_in(text: str) -> str:
    found = re.search(r"LW-\d{5}", text)
    assert found is not None, text
    return found.group()


def order_number(chat: int, count: int) -> str:
    return f"LW-{chat:03}{count:02}"


@pytest.mark.parametrize("seed", range(2))
async def test_killed_again_and_again_it_answers_everything_once_and_in_order(
    seed: int, folder: Path, api: FakeBotApi
) -> None:
    chance = random.Random(seed)
    api.send_takes_s = 0.003
    expected = {chat: [order_number(chat, count) for count in range(PER_CHAT)] for chat in CHATS}
    in_window: set[str] = set()
    for n_kills in range(MAX_KILLS):
        if n_kills < PER_CHAT:
            for chat in CHATS:
                api.say(f"where is {order_number(chat, n_kills)}", chat=chat)
        if n_kills % 7 == 3:
            api.fail("sendMessage", BAD_GATEWAY)
        running = await start(folder, api)
        await asyncio.sleep(chance.uniform(0.01, 0.15))
        await kill(running)
        in_window |= being_sent(folder)
        if len({sent.text for sent in api.sent}) == len(CHATS) * PER_CHAT:
            break
    async with telegram_desk(folder, api) as desk:  # the end: whatever is left
        await api.until(lambda: not api.updates)
        await api.until(every_one_is_answered(api, expected))
        await desk.channel.username()
        await desk.channel.finish()
        assert await desk.store.open_updates("telegram") == []
        assert await desk.store.undelivered("telegram") == []

    for chat, numbers in expected.items():
        answers = [number_in(text) for text in api.texts(chat)]
        assert list(dict.fromkeys(answers)) == numbers
        twice = {number for number, count in Counter(answers).items() if count > 1}
        assert twice <= in_window


async def test_a_reply_that_was_on_its_way_when_the_channel_died_is_sent_again(
    folder: Path, api: FakeBotApi
) -> None:
    api.send_takes_s = 0.2
    api.say("where is LW-11111")
    running = await start(folder, api)
    await api.until(lambda: len(api.of("sendMessage")) == 1)
    await kill(running)
    await api.until(lambda: len(api.sent) == 1)  # it did arrive

    async with telegram_desk(folder, api):
        texts = await api.replies(2)

    assert [number_in(text) for text in texts] == ["LW-11111"] * 2


async def test_a_lost_answer_of_telegram_is_the_only_other_reason_for_a_second_copy(
    folder: Path, api: FakeBotApi
) -> None:
    api.fail("sendMessage", CUT_AFTER)
    api.say("where is LW-11111")
    async with telegram_desk(folder, api):
        await api.replies(2)


def every_one_is_answered(api: FakeBotApi, expected: dict[int, list[str]]) -> Callable[[], bool]:
    return lambda: all(
        {number_in(text) for text in api.texts(chat)} == set(numbers) for chat, numbers in expected.items()
    )
