"""Too much at once: every queue has an end, and what one customer sends doesn't hold up the others."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.channels.telegram import intake
from bot.channels.telegram.place import CHANNEL
from bot.channels.web import receipts, room
from bot.channels.web.receipts import Receipts
from bot.store.store import Store
from nlu.understanding import Understanding
from tests.bot.channels.fake_bot_api import FakeBotApi, bot_api
from tests.bot.channels.telegram_desk import telegram_desk
from tests.bot.channels.web_desk import WebDesk, open_web_desk, said
from tests.bot.fakes import FakeUnderstander, fake_reader

NORMAL, FLOOD = 50, 120
SPAM = "where is LW-99999"


@pytest.fixture
async def desk(folder: Path) -> AsyncIterator[WebDesk]:
    async with open_web_desk(folder, requests_per_minute=100_000) as opened:
        yield opened


@pytest.fixture
async def api() -> AsyncIterator[FakeBotApi]:
    async with bot_api() as opened:
        yield opened


class Listening(FakeUnderstander):
    """Remembers what it was asked to understand, and lets others go first each time."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    async def understand(self, text: str) -> Understanding:
        self.heard.append(text)
        await asyncio.sleep(0)
        return await super().understand(text)


async def slowly(desk: WebDesk, conversation: str, n: int) -> list[asyncio.Task[Any]]:
    """Messages whose turns begin and don't end."""
    tasks = [asyncio.create_task(desk.post(said("slowly", number, conversation))) for number in range(n)]
    await desk.slow.begun.wait()
    while sum(desk_room(desk)._under_way.values()) < n:
        await asyncio.sleep(0.005)
    return tasks


def desk_room(desk: WebDesk) -> room.Room:
    from bot.channels.web.channel import CHANNEL as WEB

    assert desk._runner is not None
    app: Any = desk._runner.app
    found: room.Room = app[WEB].conversations._room
    return found


async def test_one_conversation_fills_its_own_room_and_nobody_elses(desk: WebDesk) -> None:
    waiting = await slowly(desk, "spammer", room.MAX_EACH)

    status, told, headers = await desk.post(said("hi", 99, "spammer"))
    assert (status, told["error"]["code"], headers["Retry-After"]) == (429, "too_many_requests", "2")
    await desk.say("hi", 1, "anna")

    desk.slow.go.set()
    assert {status for status, _, _ in await asyncio.gather(*waiting)} == {200}
    await desk.say("hi", 99, "spammer")


async def test_when_all_room_is_taken_clients_are_told_to_come_again(
    desk: WebDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MAX_UNDER_WAY", 3)
    waiting = await slowly(desk, "one", 3)

    status, told, headers = await desk.post(said("hi", 1, "anna"))
    assert (status, told["error"]["code"], headers["Retry-After"]) == (503, "busy", "2")
    assert "send it again" in told["error"]["message"]
    async with desk.socket() as tab:
        await tab.say("hi")
        frame = await tab.next("error")
        assert (frame["error"]["code"], frame["client_message_id"]) == ("busy", "1")

    desk.slow.go.set()
    await asyncio.gather(*waiting)
    await desk.say("hi", 1, "anna")
    assert len(await desk.texts("anna")) == 2


async def test_receipts_that_cannot_be_written_take_no_more_room_than_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(receipts, "MAX_TAKEN", 5)

    async def away(ids: Any) -> None:
        raise OSError

    kept = Receipts(away)
    for number in range(20):
        kept.add([number])
        await kept.finish()
    assert kept._taken == [15, 16, 17, 18, 19]


async def test_on_telegram_a_flood_of_one_chat_holds_up_no_other(folder: Path, api: FakeBotApi) -> None:
    """Of one chat no more than a few turns are begun between those of fifty others, though all of its messages came
    first; and each message of it has its turn in the end, in order."""
    ears = Listening()
    for _ in range(FLOOD):
        api.say(SPAM, chat=1)
    for chat in range(2, NORMAL + 2):
        api.say(f"where is LW-{10_000 + chat}", chat=chat)
    async with telegram_desk(folder, api, messages_per_minute=10_000) as desk:
        fake_reader(desk.engine.dialogue).understander = ears
        await api.until(lambda: len({sent.chat_id for sent in api.sent}) == NORMAL + 1)
        last = max(at for at, text in enumerate(ears.heard) if text != SPAM)
        before = ears.heard[:last].count(SPAM)
        await api.until(lambda: ears.heard.count(SPAM) == FLOOD)
        await desk.channel.finish()
        spam = await desk.store.transcript("telegram:1", limit=10_000)
        assert await desk.store.open_updates(CHANNEL) == []
    assert before <= 2 * NORMAL, f"{before} of the spammer's before the last of the others"
    assert sum(line.speaker == "customer" for line in spam) == FLOOD


async def test_of_one_chat_so_many_updates_are_held_and_the_rest_left_in_the_log(
    folder: Path, api: FakeBotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "MAX_EACH", 3)
    monkeypatch.setattr(intake, "MAX_WAITING", 10)
    numbers = [f"LW-{10_000 + n}" for n in range(40)]
    async with telegram_desk(folder, api, messages_per_minute=10_000) as desk:
        api.say("slowly", chat=1)
        await desk.understander.begun.wait()
        for number in numbers:
            api.say(f"where is {number}", chat=1)
        api.say("where is LW-77777", chat=2)
        await api.until(lambda: bool(api.texts(2)))
        held = desk.channel._intake
        assert held._n_waiting <= 4
        assert len(await desk.store.open_updates(CHANNEL)) == 41

        desk.understander.go.set()
        await api.until(lambda: len(api.texts(1)) == 41)
        assert [text for text in api.texts(1)[1:] if "LW-" in text] == [
            text for number in numbers for text in api.texts(1) if number in text
        ]
        assert held._left_in_log == {}
        assert held._n_waiting == 0
    async with await Store.open(f"sqlite:///{folder / 'kefu.db'}") as store:
        lines = await store.transcript("telegram:1", limit=500)
        said_in_log = [line.text for line in lines if line.speaker == "customer"]
        assert said_in_log == ["slowly", *(f"where is {number}" for number in numbers)]
