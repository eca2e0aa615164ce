"""How many messages one customer may send in a minute."""

from collections import deque
from datetime import datetime
from typing import Literal

Verdict = Literal["fine", "tell", "ignore"]

WINDOW_S = 60.0
SWEEP_AT = 4096  # customers kept before those long silent are let go


class FloodLimit:
    """Counts by customer over the last minute; of the messages too many the first is told, the rest ignored."""

    def __init__(self, messages_per_minute: int) -> None:
        self._limit = messages_per_minute
        self._seen: dict[str, deque[float]] = {}
        self._told: set[str] = set()

    def judge(self, customer_key: str, received_at: datetime) -> Verdict:
        """Count a message and say what becomes of it."""
        now = received_at.timestamp()
        if len(self._seen) >= SWEEP_AT:
            self._sweep(now)
        # Those of the future too: the clock was set back, or an old message came late.
        times = deque(at for at in self._seen.get(customer_key, ()) if abs(now - at) < WINDOW_S)
        self._seen[customer_key] = times
        if len(times) < self._limit:
            times.append(now)
            self._told.discard(customer_key)
            return "fine"
        if customer_key in self._told:
            return "ignore"
        self._told.add(customer_key)
        return "tell"

    def _sweep(self, now: float) -> None:
        for key in [
            key for key, times in self._seen.items() if not times or abs(now - times[-1]) >= WINDOW_S
        ]:
            del self._seen[key]
            self._told.discard(key)
