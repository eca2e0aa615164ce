"""What other processes on the same database say and change, for this one."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from bot.news import News
from bot.store.peers import news as peers
from bot.store.store import Store

LOOK_EVERY_S = 15.0  # news may be lost with the process that was about to tell them
LOOK_WITHOUT_LINE_S = 2.0

logger = logging.getLogger(__name__)


@dataclass
class Hearing:
    """`wake` is called where something other than a conversation may have changed."""

    store: Store
    news: News
    wake: Callable[[], None]
    _seen: tuple[int, ...] = ()
    _seen_before: tuple[int, ...] = ()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.store.peers.run(self._hear))
            if not self.store.is_alone:
                group.create_task(self._look_now_and_then())

    def _hear(self, told: peers.News) -> None:
        is_about_one = told.topic in {"conversation", "everything"}
        if is_about_one and not told.is_own:  # this process knows of its own at once
            self.news.tell(told.about)
        if told.topic != "conversation":
            self.wake()

    async def _look_now_and_then(self) -> None:
        while True:
            try:
                await self.look()
            except Exception as error:  # the database may be away for a moment; the next look goes on
                logger.warning("what others say could not be looked for: %s", type(error).__name__)
            await asyncio.sleep(LOOK_EVERY_S if self.store.peers.is_listening else LOOK_WITHOUT_LINE_S)

    async def look(self) -> None:
        """Tell of the conversations in which something happened since the last look but one: of two that write at
        the same moment, the one with the smaller number may be the later."""
        newest = await self.store.inbox.watermark()
        if self._seen_before and newest != self._seen_before:
            for key in await self.store.inbox.keys_since(self._seen_before):
                self.news.tell(key)
        self._seen_before, self._seen = self._seen or newest, newest
