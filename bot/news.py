"""Who wants to hear that something happened in a conversation, in this process or another (bot/hearing.py)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Tell = Callable[[str], None]


class News:
    """Passes on the key of each conversation in which something was said or that changed hands."""

    def __init__(self) -> None:
        self._listeners: list[Tell] = []

    @contextmanager
    def heard_by(self, tell: Tell) -> Iterator[None]:
        """Call `tell` with each key for as long as the block runs; it must not wait."""
        self._listeners.append(tell)
        try:
            yield
        finally:
            self._listeners.remove(tell)

    def tell(self, conversation_key: str) -> None:
        """Something happened there; "" where nobody knows in which."""
        for listener in tuple(self._listeners):
            listener(conversation_key)
