"""The open sockets of this process, by conversation: what happens in one tab shows in all."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Listener:
    """One socket's ear. News that come while it is busy are one piece of news."""

    def __init__(self) -> None:
        self._woken = asyncio.Event()
        self._has_news = False
        self._is_typing: bool | None = None

    async def next(self) -> bool | None:
        """Wait; None for news in the transcript, else whether the desk is typing."""
        await self._woken.wait()
        if self._is_typing is not None:
            is_typing, self._is_typing = self._is_typing, None
            self._rest()
            return is_typing
        self._has_news = False
        self._rest()
        return None

    def tell_news(self) -> None:
        self._has_news = True
        self._woken.set()

    def tell_typing(self, is_typing: bool) -> None:
        self._is_typing = is_typing
        self._woken.set()

    def _rest(self) -> None:
        if not self._has_news and self._is_typing is None:
            self._woken.clear()


class Hub:
    """Who listens to which conversation."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[Listener]] = {}

    @contextmanager
    def listening(self, conversation: str) -> Iterator[Listener]:
        """A listener for as long as the block runs."""
        listener = Listener()
        self._listeners.setdefault(conversation, set()).add(listener)
        try:
            yield listener
        finally:
            self._listeners[conversation].discard(listener)
            if not self._listeners[conversation]:
                del self._listeners[conversation]

    def tell_news(self, conversation: str) -> None:
        """There is more in the transcript."""
        for listener in self._listeners.get(conversation, ()):
            listener.tell_news()

    def tell_all(self) -> None:
        """There may be more in any transcript."""
        for conversation in tuple(self._listeners):
            self.tell_news(conversation)

    def tell_typing(self, conversation: str, *, is_typing: bool) -> None:
        """The desk is at work on an answer, or gave up on it."""
        for listener in self._listeners.get(conversation, ()):
            listener.tell_typing(is_typing)
