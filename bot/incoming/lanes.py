"""One lane a conversation: its messages in the order they came, those of others side by side."""

import asyncio
from weakref import WeakValueDictionary


class Lanes:
    """Locks by conversation key; one lives as long as somebody holds or awaits it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def of(self, conversation_key: str) -> asyncio.Lock:
        """The lane's lock, fair: first come, first served."""
        lock = self._locks.get(conversation_key)
        if lock is None:
            lock = self._locks[conversation_key] = asyncio.Lock()
        return lock
