"""When the next message may go to a chat: Telegram's limits, kept before it has to remind us."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.channels.telegram.tempo import Tempo

SWEEP_AT = 1024  # chats remembered before those long silent are let go


class Window:
    """At most `limit` messages in any `seconds`."""

    def __init__(self, limit: int, seconds: float) -> None:
        self._seconds = seconds
        self._times: deque[float] = deque(maxlen=limit)

    def free_at(self) -> float:
        """The time from which one more fits."""
        is_full = len(self._times) == self._times.maxlen
        return self._times[0] + self._seconds if is_full else 0.0

    def count(self, now: float) -> None:
        self._times.append(now)

    def is_idle(self, now: float) -> bool:
        return not self._times or self._times[-1] + self._seconds <= now


@dataclass
class ChatPace:
    """One chat's windows; the lock lets its senders through in the order they came."""

    windows: tuple[Window, ...]
    held_until: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def free_at(self) -> float:
        return max(self.held_until, *(window.free_at() for window in self.windows))

    def is_idle(self, now: float) -> bool:
        is_silent = all(window.is_idle(now) for window in self.windows)
        return is_silent and self.held_until <= now and not self.lock.locked()


class Pace:
    """Makes senders wait for their turn; a chat that has to wait holds up no other."""

    def __init__(self, tempo: Tempo) -> None:
        self._tempo = tempo
        self._all = Window(tempo.messages_per_second, 1.0)
        self._gate = asyncio.Lock()
        self._chats: dict[int, ChatPace] = {}

    async def wait(self, chat_id: int) -> None:
        """Return when a message may be sent to the chat, and count it."""
        chat = self._chat(chat_id)
        async with chat.lock:
            await _until(chat.free_at)
            async with self._gate:
                await _until(self._all.free_at)
                for window in (self._all, *chat.windows):
                    window.count(_now())

    def hold(self, chat_id: int, pause_s: float) -> None:
        """Send nothing to the chat for so long: Telegram asked for it."""
        chat = self._chat(chat_id)
        chat.held_until = max(chat.held_until, _now() + pause_s)

    def _chat(self, chat_id: int) -> ChatPace:
        if chat_id not in self._chats:
            if len(self._chats) >= SWEEP_AT:
                self._sweep()
            windows = [Window(1, self._tempo.chat_s)]
            if chat_id < 0:
                windows.append(Window(self._tempo.group_messages_per_minute, 60.0))
            self._chats[chat_id] = ChatPace(tuple(windows))
        return self._chats[chat_id]

    def _sweep(self) -> None:
        now = _now()
        for chat_id in [chat_id for chat_id, chat in self._chats.items() if chat.is_idle(now)]:
            del self._chats[chat_id]


async def _until(free_at: Callable[[], float]) -> None:
    """Wait for a time that may move away meanwhile."""
    while True:
        pause_s = free_at() - _now()
        if pause_s <= 0:
            return
        await asyncio.sleep(pause_s)


def _now() -> float:
    return asyncio.get_running_loop().time()
