"""Whether understanding moves on: a thread that hangs is seen by nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

STUCK_AFTER_S = 60.0  # the longest messages take half a second


class Pulse:
    """Knows when each message that is being understood began to be."""

    def __init__(self) -> None:
        self._began: dict[object, float] = {}

    @contextmanager
    def beating(self) -> Iterator[None]:
        """A message is understood for as long as the block runs."""
        one = object()
        self._began[one] = monotonic()
        try:
            yield
        finally:
            del self._began[one]

    @property
    def is_stuck(self) -> bool:
        """Whether one has been at it for far too long."""
        return monotonic() - min(self._began.values(), default=monotonic()) > STUCK_AFTER_S


UNDERSTANDING = Pulse()
