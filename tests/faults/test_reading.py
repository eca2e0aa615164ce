"""The process that reads messages for a desk is killed under load: a desk that serves begins another."""

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.reader.process import LOOK_AGAIN_S, STUCK_LOOKS
from bot.reader.threads import n_cores
from tests.faults.crowd import Crowd, make_shop
from tests.faults.size import BACK_WITHIN_S, IS_WHOLE
from tests.shop_desk import Served, serving

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(n_cores() == 1, reason="on one core a desk reads in its own process"),
]
CUSTOMERS = 20 if IS_WHOLE else 5
KILLS = 50 if IS_WHOLE else 3


def readers(served: Served) -> list[int]:
    """The processes that a desk began."""
    pid = served.process.pid
    children = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(number) for listed in children for number in listed.read_text().split()]


@asynccontextmanager
async def crowded(trained_shop: Path, orders: str, tmp_path: Path) -> AsyncIterator[tuple[Served, Crowd]]:
    """A desk whose customers talk, while the block runs. They notice nothing but the wait: none is refused, and each message
    was answered once, in order."""
    shop = make_shop(trained_shop, tmp_path / "shop", orders)
    database = f"sqlite:///{shop / 'kefu.db'}"
    async with serving(shop, "--port", "0", "--quiet", KEFU_DATABASE_URL=database) as served:
        crowd = Crowd(served.url, CUSTOMERS)
        async with crowd.talking():
            await crowd.until(CUSTOMERS)
            yield served, crowd
            await crowd.finish()
        assert not crowd.refusals
    await crowd.check(database)


async def test_each_message_is_answered_once_in_order_whenever_it_is_killed(
    trained_shop: Path, orders: str, tmp_path: Path
) -> None:
    chance, longest_s = random.Random(3), 0.0
    async with crowded(trained_shop, orders, tmp_path) as (served, crowd):
        for _ in range(KILLS):
            await asyncio.sleep(chance.random())
            [reader] = readers(served)
            os.kill(reader, signal.SIGKILL)
            began = time.monotonic()
            await crowd.back(BACK_WITHIN_S)
            longest_s = max(longest_s, time.monotonic() - began)
        [reader] = readers(served)
    assert served.log.count("ended with signal 9") == KILLS
    with pytest.raises(ProcessLookupError):
        os.kill(reader, 0)
    print(KILLS, "kills:", crowd.n_answered, "answers; all answered again after", round(longest_s, 1), "s")


async def test_one_that_is_stuck_is_ended(trained_shop: Path, orders: str, tmp_path: Path) -> None:
    async with crowded(trained_shop, orders, tmp_path) as (served, crowd):
        [reader] = readers(served)
        os.kill(reader, signal.SIGSTOP)
        await crowd.back(LOOK_AGAIN_S * STUCK_LOOKS + BACK_WITHIN_S)
    assert "the process that reads messages is stuck" in served.log


async def test_a_killed_desk_leaves_none_behind(trained_shop: Path, orders: str, tmp_path: Path) -> None:
    shop = make_shop(trained_shop, tmp_path / "shop", orders)
    async with serving(shop, "--port", "0", "--quiet") as served:
        await served.post("hi")
        [reader] = readers(served)
        served.process.kill()
        await served.process.wait()
        async with asyncio.timeout(BACK_WITHIN_S):
            while Path(f"/proc/{reader}").exists():
                await asyncio.sleep(0.01)
