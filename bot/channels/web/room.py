"""How many messages may wait for their turn, in all and of one conversation."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bot.channels.web.errors import RETRY_AFTER_S, refused

MAX_UNDER_WAY = 256
MAX_EACH = 16  # two tabs full of messages


@dataclass
class Room:
    """Turns under way by conversation. What one customer sends fills their own room before that of others."""

    _under_way: Counter[str] = field(default_factory=Counter)
    _n: int = 0

    @contextmanager
    def taken(self, conversation: str) -> Iterator[None]:
        """Count a turn for as long as the block runs. Raises Refused where it is one too many."""
        if self._under_way[conversation] >= MAX_EACH:
            message = f"{MAX_EACH} messages of this conversation wait for their turn already"
            raise refused(429, "too_many_requests", message, retry_after_s=RETRY_AFTER_S)
        if self._n >= MAX_UNDER_WAY:
            message = (
                "Very many people write to us at the moment. Nothing is lost: send it again in a moment."
            )
            raise refused(503, "busy", message, retry_after_s=RETRY_AFTER_S)
        self._n += 1
        self._under_way[conversation] += 1
        try:
            yield
        finally:
            self._n -= 1
            self._under_way[conversation] -= 1
            if not self._under_way[conversation]:
                del self._under_way[conversation]
