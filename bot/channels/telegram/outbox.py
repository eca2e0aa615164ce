"""Replies leave the log for Telegram, each conversation's in order, those of different ones side by side."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from time import monotonic

from telegram import Bot

from bot.channels.telegram.delivery import Delivery
from bot.channels.telegram.pace import Pace
from bot.channels.telegram.place import CHANNEL
from bot.channels.telegram.retrying import persistently
from bot.channels.telegram.tempo import Tempo
from bot.store.records import Outgoing
from bot.store.store import Store

LOOK_BACK_S = 5.0  # for what processes had in hand that are gone
BUSY_PAUSE_S = 0.5


@dataclass
class Outbox:
    """Sends what the log says is not delivered, whoever put it there; `wake` makes it look at once."""

    store: Store
    bot: Bot
    pace: Pace
    tempo: Tempo
    channel: str = CHANNEL
    _in_hand: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _is_empty: asyncio.Event = field(default_factory=asyncio.Event)
    _look_back_at: float = 0.0

    def wake(self) -> None:
        """There may be something to send."""
        self._is_empty.clear()
        self._woken.set()

    async def run(self) -> None:
        """Send, until cancelled."""
        try:
            while True:
                self._woken.clear()
                await persistently(self._begin, "replies can't be read", self.tempo)
                if len(self._in_hand) > self.tempo.messages_per_second:
                    # Enough for more than a second: all that wait are read once for many messages, not for each.
                    await asyncio.sleep(BUSY_PAUSE_S)
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.tempo.look_every_s):
                        await self._woken.wait()
        finally:
            tasks = list(self._in_hand.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def drain(self) -> None:
        """Return once nothing is left to send."""
        self.wake()
        await self._is_empty.wait()

    async def _begin(self) -> None:
        """Begin a delivery for each conversation that waits for one."""
        if monotonic() >= self._look_back_at:
            self._look_back_at = monotonic() + LOOK_BACK_S
            await self.store.put_back_left(self.channel)
        waiting = await self.store.undelivered(self.channel)
        for outgoing in waiting:
            if outgoing.conversation_key not in self._in_hand:
                self._deliver(outgoing)
        if not self._in_hand and not self._woken.is_set():
            self._is_empty.set()

    def _deliver(self, outgoing: Outgoing) -> None:
        delivery = Delivery(outgoing, self.bot, self.store, self.pace, self.tempo)
        what = f"reply {outgoing.message_id} is not delivered yet"
        task = asyncio.create_task(persistently(delivery.run, what, self.tempo))
        self._in_hand[outgoing.conversation_key] = task
        task.add_done_callback(partial(self._put_down, outgoing.conversation_key))

    def _put_down(self, key: str, task: asyncio.Task[None]) -> None:
        del self._in_hand[key]
        self.wake()  # only now does the conversation's next reply come up
