"""What waits to be sent is read from the log as often as there is room for it."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import pytest

from bot.channels.telegram.outbox import Outbox
from bot.channels.telegram.pace import Pace
from bot.desk import beside
from bot.store.records import Outgoing
from tests.bot.channels.telegram_desk import QUICK


@dataclass
class WaitingStore:
    """So many chats wait for a reply, each for one."""

    chats: int
    n_read: int = 0

    async def put_back_left(self, channel: str) -> None:
        pass

    async def undelivered(self, channel: str) -> list[Outgoing]:
        self.n_read += 1
        return [Outgoing(chat, f"telegram:{chat}", "hello", (), 0) for chat in range(1, self.chats + 1)]

    async def mark_sending(self, message_id: int) -> bool:
        return True


class SilentBot:
    """Telegram doesn't answer."""

    async def send_message(self, *_: Any, **__: Any) -> None:
        await asyncio.Event().wait()


@pytest.mark.parametrize(("chats", "is_read_each_time"), [(2, True), (3, False)])
async def test_with_more_than_a_second_s_worth_in_hand_not_every_new_reply_is_looked_for(
    chats: int, is_read_each_time: bool
) -> None:
    tempo, store = replace(QUICK, messages_per_second=2), WaitingStore(chats)
    store_and_bot: Any = store, SilentBot()
    outbox = Outbox(*store_and_bot, Pace(tempo), tempo)
    async with beside(outbox.run()):
        for _ in range(20):
            outbox.wake()
            for _ in range(5):
                await asyncio.sleep(0)
        assert (store.n_read > 10) == is_read_each_time
