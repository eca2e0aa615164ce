"""Work that one of the processes on a database does; when that one ends, another goes on with it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic

from bot.store.peers.peers import Peers

LOOK_EVERY_S = 1.0
GRACE_S = 10.0  # without a line the work goes on so long: another process could have it only after 15 s

logger = logging.getLogger(__name__)


@dataclass
class Work:
    """`do` is run while the work of that name is ours, and cancelled when it no longer is. Two may do it at once for
    a moment, where PostgreSQL was restarted: it must do no harm."""

    peers: Peers
    name: str
    do: Callable[[], Awaitable[None]]
    look_every_s: float = LOOK_EVERY_S
    _doing: asyncio.Task[None] | None = field(default=None)
    _sure_at: float = 0.0

    @property
    def is_ours(self) -> bool:
        """Whether it is being done here."""
        return self._doing is not None

    async def run(self) -> None:
        """Until cancelled, or the work is done. Raises what `do` raises."""
        try:
            while self._doing is None or not self._doing.done():
                await self._look()
                if self._doing is None:
                    await asyncio.sleep(self.look_every_s)
                else:
                    await asyncio.wait([self._doing], timeout=self.look_every_s)
            await self._doing
        finally:
            await self._stop()
            self.peers.let_go(self.name)

    async def _look(self) -> None:
        is_ours = await self.peers.take(self.name)
        if is_ours:
            self._sure_at = monotonic()
            if self._doing is None:
                self._doing = asyncio.ensure_future(self.do())
        elif self._doing is not None and (is_ours is False or monotonic() - self._sure_at > GRACE_S):
            logger.warning("another process does the work called %s", self.name)
            await self._stop()

    async def _stop(self) -> None:
        doing, self._doing = self._doing, None
        if doing is not None:
            doing.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await doing
