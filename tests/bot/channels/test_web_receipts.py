"""Replies that clients took are marked in one go, and later where the database is away."""

import asyncio
from collections.abc import Sequence

from bot.channels.web.receipts import Receipts


async def test_the_replies_of_a_moment_are_marked_together() -> None:
    written: list[Sequence[int]] = []

    async def write(message_ids: Sequence[int]) -> None:
        written.append(list(message_ids))

    receipts = Receipts(write)
    receipts.add([1])
    receipts.add([2, 3])
    receipts.add([])
    await receipts.finish()
    assert written == [[1, 2, 3]]


async def test_what_could_not_be_marked_is_marked_with_the_next() -> None:
    written: list[Sequence[int]] = []
    is_away = True

    async def write(message_ids: Sequence[int]) -> None:
        await asyncio.sleep(0)
        if is_away:
            raise OSError("the database is away")
        written.append(list(message_ids))

    receipts = Receipts(write)
    receipts.add([1])
    await receipts.finish()
    assert written == []
    is_away = False
    receipts.add([2])
    await receipts.finish()
    assert written == [[1, 2]]
