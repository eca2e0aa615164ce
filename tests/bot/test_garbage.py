"""What stays is left out of collections, what is garbage goes."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from bot.garbage import settle, settle_new


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


def test_what_came_since_is_settled_without_a_look_at_what_was_there() -> None:
    settle()
    before, kept = gc.get_freeze_count(), Node()
    garbage = weakref.ref(Node())
    settle_new()
    assert garbage() is None
    assert gc.get_freeze_count() > before
    assert kept.itself is kept
