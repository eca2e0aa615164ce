"""The other processes that serve the same database, as one of them sees them."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Protocol

from bot.store.peers.news import News

Hear = Callable[[News], None]


class Peers(Protocol):
    """What a process shares with the others beside the tables. All of it works before `run` too, but for news."""

    @property
    def is_listening(self) -> bool:
        """Whether news of others reach us at once; where not, the log must be looked at often."""

    async def run(self, hear: Hear) -> None:
        """Pass on what others tell, until cancelled; after each time when nobody listened, EVERYTHING."""

    def tell_soon(self, conversation_key: str) -> None:
        """Something was said there, and is committed."""

    def in_order(self, conversation_key: str) -> AbstractAsyncContextManager[None]:
        """Have a conversation for as long as the block runs: who asks first has it first, in whichever process.
        Within a process one at a time asks for it (bot/incoming/lanes.py)."""

    async def take(self, work: str) -> bool | None:
        """Whether this process does what one process does: True from the moment it is ours until it is lost; None
        where that can't be known now."""

    def let_go(self, work: str) -> None:
        """Leave it to another."""

    async def is_gone(self, sender: str) -> bool:
        """Whether the process of that name has ended, or lost the database."""

    async def close(self) -> None: ...


class NoPeers:
    """SQLite: one process serves."""

    is_listening = True

    async def run(self, hear: Hear) -> None:
        await asyncio.Event().wait()

    def tell_soon(self, conversation_key: str) -> None:
        pass

    def in_order(self, conversation_key: str) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    async def take(self, work: str) -> bool | None:
        return True

    def let_go(self, work: str) -> None:
        pass

    async def is_gone(self, sender: str) -> bool:
        return False  # `is_alone` says more

    async def close(self) -> None:
        pass
