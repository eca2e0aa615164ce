"""What stays is left out of collections, what is garbage goes."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from bot.garbage import settle


class Node:
    """In a circle with itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_stays_is_left_out_and_what_became_garbage_since_goes() -> None:
    kept = Node()
    settle()
    assert gc.get_freeze_count() > 0
    seen = weakref.ref(kept)
    del kept
    gc.collect()
    assert seen() is not None, "it is looked at no more"
    settle()
    assert seen() is None
