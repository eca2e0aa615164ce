"""What the desk does beside its work, a little at a time: deletes what has expired, counts the days that are over."""

import asyncio
import logging
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

from bot.store.store import Store

LOOK_EVERY_S = 60.0
INDEX_EVERY_S = 1.0
PAUSE_S = 0.2  # after each step, so that customers come first
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Does no harm where several processes do it at once; `zone` is the one whose days are counted."""

    store: Store
    zone: ZoneInfo
    pause_s: float = PAUSE_S

    async def run(self) -> None:
        """Look every minute, until cancelled."""
        while True:
            try:
                await self.look()
            except Exception as error:  # the database may be away for a moment; the next look goes on
                logger.warning("upkeep was interrupted: %s", type(error).__name__)
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Do all there is to do, in steps."""
        for step in (self.store.accounts.delete_expired, partial(self.store.insights.count_next, self.zone)):
            is_more = True
            while is_more:
                is_more = bool(await step())
                await asyncio.sleep(self.pause_s if is_more else 0)


async def keep_index(store: Store) -> None:
    """Have what was just said found by a search of words, until cancelled."""
    while True:
        try:
            await store.inbox.index_messages()
        except Exception as error:  # the database may be away for a moment; the next time goes on
            logger.warning("messages could not be indexed: %s", type(error).__name__)
        await asyncio.sleep(INDEX_EVERY_S)
