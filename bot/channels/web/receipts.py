"""Replies that browsers and API clients took are marked as delivered, those of a moment together."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

logger = logging.getLogger(__name__)
AT_ONCE_S = 0.05  # the replies of so long are one transaction
MAX_TAKEN = 10_000  # while they can't be written; of more the oldest are let go, to be marked when read again


@dataclass
class Receipts:
    """Nobody waits for the mark; where it can't be written it is tried again with the next ones. A reply that was
    taken and is not marked is only shown as on its way."""

    write: Callable[[Sequence[int]], Awaitable[None]]
    _taken: list[int] = field(default_factory=list)
    _writing: asyncio.Task[None] | None = None

    def add(self, message_ids: Sequence[int]) -> None:
        """A client has these replies."""
        self._taken += message_ids
        if self._taken and (self._writing is None or self._writing.done()):
            self._writing = asyncio.create_task(self._write_soon())

    async def finish(self) -> None:
        """Write what there is."""
        if self._writing is not None:
            await self._writing
        await self._write()

    async def _write_soon(self) -> None:
        await asyncio.sleep(AT_ONCE_S)
        await self._write()

    async def _write(self) -> None:
        while taken := self._taken:
            self._taken = []
            try:
                await self.write(taken)
            except Exception as error:
                self._taken = (taken + self._taken)[-MAX_TAKEN:]
                logger.warning(
                    "%d replies are not marked as delivered yet: %s", len(taken), type(error).__name__
                )
                return
