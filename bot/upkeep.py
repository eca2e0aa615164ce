"""What the desk does beside its work, a little at a time: deletes what has expired, counts the days that are over."""

import asyncio
import logging
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

from bot.looking import now_and_then
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
        await now_and_then(self.look, LOOK_EVERY_S, logger, "upkeep was interrupted")

    async def look(self) -> None:
        """Do all there is to do, in steps."""
        for step in (self.store.accounts.delete_expired, partial(self.store.insights.count_next, self.zone)):
            is_more = True
            while is_more:
                is_more = bool(await step())
                await asyncio.sleep(self.pause_s if is_more else 0)


async def keep_index(store: Store) -> None:
    """Have what was just said found by a search of words, until cancelled."""
    await now_and_then(store.inbox.index_messages, INDEX_EVERY_S, logger, "messages could not be indexed")
