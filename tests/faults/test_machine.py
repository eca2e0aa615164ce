"""The machine under the desk: a full disk, no file descriptors left; and the company's own systems that hang."""

import asyncio
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.faults.crowd import Crowd, make_shop
from tests.faults.size import BACK_WITHIN_S, IS_WHOLE
from tests.shop_desk import Served, serving

pytestmark = pytest.mark.slow
CUSTOMERS = 20 if IS_WHOLE else 5
HANGS = "LW-50000"  # the order system takes longer over it than its action may


STANDARD_STREAMS = 3


@contextmanager
def limited(served: Served, kind: int, limit: int) -> Iterator[None]:
    """The kernel allows the process no more than that while the block runs."""
    pid = served.process.pid
    before = resource.prlimit(pid, kind)
    resource.prlimit(pid, kind, (limit, before[1]))
    yield
    resource.prlimit(pid, kind, before)


async def test_a_machine_that_has_run_out_loses_nothing(
    trained_shop: Path, orders: str, tmp_path: Path
) -> None:
    shop = make_shop(trained_shop, tmp_path / "shop", orders)
    url = f"sqlite:///{shop / 'kefu.db'}"
    async with serving(shop, "--port", "0", "--quiet") as served:
        crowd = Crowd(served.url, CUSTOMERS)
        async with crowd.talking():
            await crowd.until(CUSTOMERS)
            with limited(served, resource.RLIMIT_FSIZE, 0):  # every write to a file fails, as on a full disk
                refused = crowd.refusals["unavailable"]
                await served.until(lambda: crowd.refusals["unavailable"] >= refused + 2 * CUSTOMERS)
                before = crowd.n_answered
            print(f"disk full: back after {await crowd.back(BACK_WITHIN_S):.1f} s")
            assert crowd.n_answered > before

            with (
                limited(
                    served, resource.RLIMIT_NOFILE, STANDARD_STREAMS
                ),  # a new one would get a higher number
                pytest.raises((aiohttp.ClientError, TimeoutError)),
            ):
                await a_new_connection(served)
            print(f"no descriptors: back after {await crowd.back(BACK_WITHIN_S):.1f} s")
            async with asyncio.timeout(BACK_WITHIN_S):
                assert await a_new_connection(served) == 200
            await crowd.finish()
        await crowd.check(url)
    assert any(said.startswith("503 2 ") and "send it again" in said for said in crowd.advice), crowd.advice


async def a_new_connection(served: Served) -> int:
    timeout = aiohttp.ClientTimeout(total=1.5)
    async with (
        aiohttp.ClientSession(timeout=timeout) as client,
        client.get(f"{served.url}healthz") as response,
    ):
        return response.status


async def test_while_an_order_system_hangs_others_are_answered_and_that_customer_gets_a_person(
    shop: Path,
) -> None:
    async with serving(shop, "--port", "0", "--quiet") as served:
        began = time.monotonic()
        hanging = asyncio.create_task(served.post(f"where is my order {HANGS}", "anna"))
        for number in range(3):
            assert (await served.post("hello", f"c{number}"))["decision"]["answer_id"] == "greeting"
        assert not hanging.done()
        answer = await hanging
        print(
            f"order system hangs: {time.monotonic() - began:.1f} s, {answer['decision']}, {answer['replies']}"
        )
        assert answer["decision"]["kind"] == "hand_over"
        [reply] = answer["replies"]
        assert reply["text"]
