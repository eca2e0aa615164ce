"""PostgreSQL is cut off, slow, out of connections, restarted: under a desk that serves as a process of its own."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import asyncpg
import pytest

from tests.bot.channels.fake_bot_api import TOKEN, FakeBotApi, bot_api
from tests.bot.store.postgres import INSTALL, PACKAGE, find_package
from tests.faults.crowd import Chats, Crowd, make_shop
from tests.faults.proxy import Proxy, proxy_to
from tests.faults.size import BACK_WITHIN_S, IS_WHOLE
from tests.shop_desk import Served, serving

pytestmark = pytest.mark.slow
CUSTOMERS = 20 if IS_WHOLE else 5
LASTS_S = 5.0 if IS_WHOLE else 1.0
SLOW_S = 0.02  # each way of each statement

Fault = Callable[[Proxy, str], Any]


@asynccontextmanager
async def cut_off(proxy: Proxy, url: str) -> AsyncIterator[None]:
    proxy.cut()
    yield
    proxy.mend()


@asynccontextmanager
async def restarted(proxy: Proxy, url: str) -> AsyncIterator[None]:
    """Stopped as if it crashed, and started when the block ends."""
    await control(url, "--mode=immediate", "stop")
    yield
    await control(url, "start")


@asynccontextmanager
async def out_of_connections(proxy: Proxy, url: str) -> AsyncIterator[None]:
    """All that it allows are others' while the block runs, however quickly the desk took one that became free."""
    ours = await asyncpg.connect(url)
    limit = int(await ours.fetchval("SHOW max_connections"))
    taken: list[asyncpg.Connection] = []
    try:
        while foreign := await others_than(ours, taken):
            for pid in foreign:
                await ours.execute("SELECT pg_terminate_backend($1)", pid)
            tried = await asyncio.gather(
                *(asyncpg.connect(url) for _ in range(limit)), return_exceptions=True
            )
            taken += [one for one in tried if isinstance(one, asyncpg.Connection)]
            assert len(taken) < limit
        yield
    finally:
        for one in (*taken, ours):
            await one.close()


async def others_than(ours: asyncpg.Connection, taken: list[asyncpg.Connection]) -> list[int]:
    """The sessions of the database that are neither: their process ids."""
    known = [one.get_server_pid() for one in (ours, *taken)]
    there = await ours.fetch("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
    return [row["pid"] for row in there if row["pid"] not in known]


async def control(url: str, *words: str) -> None:
    data = Path(parse_qs(urlsplit(url).query)["host"][0])
    package = find_package()
    assert package is not None
    programs = (data.parent / PACKAGE if os.geteuid() == 0 else package) / INSTALL / "bin"
    command = [programs / "pg_ctl", f"--pgdata={data}", "--wait", f"--log={data / 'log'}", *words]
    if "start" in words:
        command.append(f"--options=-h '' -k {data} -c fsync=off")
    as_user: dict[str, Any] = {"user": "nobody"} if os.geteuid() == 0 else {}
    run = subprocess.run
    await asyncio.to_thread(run, command, cwd=data.parent, check=True, stdout=subprocess.DEVNULL, **as_user)


async def test_a_database_that_is_away_costs_time_and_nothing_else(
    trained_shop: Path, orders: str, tmp_path: Path, shared: str
) -> None:
    async with bot_api() as api, proxy_to(shared) as proxy:
        options = f'\n[telegram]\nbase_url = "{api.base_url}"\npoll_timeout_s = 1\n'
        shop = make_shop(trained_shop, tmp_path / "shop", orders, options)
        variables = {"TELEGRAM_BOT_TOKEN": TOKEN, "KEFU_DATABASE_URL": proxy.url}
        async with serving(shop, "--port", "0", "--quiet", **variables) as served:
            crowd, chats = Crowd(served.url, CUSTOMERS), Chats(api, 3)
            async with crowd.talking():
                await crowd.until(CUSTOMERS)
                for fault in (cut_off, restarted, out_of_connections):
                    await break_and_mend(fault, proxy, shared, served, crowd, chats, api)
                proxy.delay_s = SLOW_S
                await crowd.until(crowd.n_answered + CUSTOMERS)
                proxy.mend()
                await crowd.finish()
        await crowd.check(shared)
        assert await chats.check(shared) == 0
    assert any(said.startswith("503 2 ") and "send it again" in said for said in crowd.advice), crowd.advice


async def break_and_mend(
    fault: Fault, proxy: Proxy, url: str, served: Served, crowd: Crowd, chats: Chats, api: FakeBotApi
) -> None:
    """While it lasts nobody is answered or forgotten; after it everybody is answered within the promised time."""
    async with fault(proxy, url):
        refused = crowd.refusals.total()
        await served.until(lambda: crowd.refusals.total() >= refused + CUSTOMERS)
        chats.say()
        await asyncio.sleep(LASTS_S)
        assert len(api.updates) == chats.size, "acknowledged without being stored"
        assert await ready(served) == 503
        before = crowd.n_answered
    back_s = await crowd.back(BACK_WITHIN_S)
    async with asyncio.timeout(BACK_WITHIN_S):
        await served.until(lambda: chats.is_answered)
    print(f"{fault.__name__}: {crowd.n_answered - before} answers since; back after {back_s:.1f} s")


async def ready(served: Served) -> int:
    async with aiohttp.ClientSession() as client, client.get(f"{served.url}readyz") as response:
        return response.status
