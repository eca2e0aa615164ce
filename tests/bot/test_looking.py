"""A look that fails is told of, and the next one goes on."""

import asyncio
import logging

import pytest

from bot.desk import beside
from bot.looking import now_and_then


async def test_an_error_ends_nothing_and_shows_none_of_its_text(caplog: pytest.LogCaptureFixture) -> None:
    looked = asyncio.Queue[int]()

    async def look() -> None:
        looked.put_nowait(1)
        if looked.qsize() == 1:
            raise OSError("with what a customer said")

    async with beside(now_and_then(look, 0, logging.getLogger("bot.tried"), "it could not look")):
        while looked.qsize() < 3:
            await asyncio.sleep(0)
    assert [(one.name, one.getMessage()) for one in caplog.records] == [
        ("bot.tried", "it could not look: OSError")
    ]


async def test_being_cancelled_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    looking = asyncio.create_task(
        now_and_then(asyncio.Event().wait, 0, logging.getLogger("bot.tried"), "it could not look")
    )
    await asyncio.sleep(0)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    assert caplog.records == []
