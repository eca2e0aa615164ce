"""What arrives together is computed together, and each caller gets its own."""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from nlu.batching import Batcher


@dataclass
class Doubler:
    """Doubles numbers, refuses negative ones, remembers its batches; waits where it is told to."""

    batches: list[list[int]] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)
    may_go: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.may_go.set()

    def run(self, items: Sequence[int]) -> list[int]:
        self.may_go.wait(5)
        self.batches.append(list(items))
        self.threads.add(threading.get_ident())
        if any(item < 0 for item in items):
            raise ValueError(f"negative: {min(items)}")
        return [2 * item for item in items]


async def test_what_waits_while_a_batch_computes_goes_together() -> None:
    doubler = Doubler()
    batcher = Batcher(doubler.run, max_size=4)
    doubler.may_go.clear()
    first = asyncio.create_task(batcher.submit(0))
    await asyncio.sleep(0.01)
    rest = [asyncio.create_task(batcher.submit(i)) for i in range(1, 7)]
    await asyncio.sleep(0.01)
    doubler.may_go.set()
    assert await asyncio.gather(first, *rest) == [0, 2, 4, 6, 8, 10, 12]
    assert doubler.batches == [[0], [1, 2, 3, 4], [5, 6]]


async def test_only_who_asked_for_it_gets_the_error() -> None:
    batcher = Batcher(Doubler().run, max_size=8)
    results = await asyncio.gather(*(batcher.submit(i) for i in (1, -2, 3, -4)), return_exceptions=True)
    assert [results[0], results[2]] == [2, 6]
    assert [str(results[1]), str(results[3])] == ["negative: -2", "negative: -4"]


async def test_after_an_error_the_next_one_is_served() -> None:
    batcher = Batcher(Doubler().run, max_size=8)
    with pytest.raises(ValueError, match="-1"):
        await batcher.submit(-1)
    assert await batcher.submit(1) == 2


async def test_a_caller_who_gave_up_harms_nobody() -> None:
    doubler = Doubler()
    batcher = Batcher(doubler.run, max_size=4)
    doubler.may_go.clear()
    given_up, stays = (asyncio.create_task(batcher.submit(i)) for i in (1, 2))
    await asyncio.sleep(0.01)
    given_up.cancel()
    doubler.may_go.set()
    assert await stays == 4
    with pytest.raises(asyncio.CancelledError):
        await given_up


async def test_the_event_loop_never_computes() -> None:
    doubler = Doubler()
    batcher = Batcher(doubler.run, max_size=4)
    await asyncio.gather(*(batcher.submit(i) for i in range(20)))
    assert len(doubler.threads) == 1
    assert threading.get_ident() not in doubler.threads
