"""The staff's pages over a long log: how long the server takes for each.

    python -m bench.console
    python -m bench.console --messages 20000 --database console.db

Fills a new SQLite file with conversations over 180 days, or takes the file there is, and asks each page of a server in
this process 20 times."""

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from zlib import crc32

import aiohttp
import click
import numpy as np
from aiohttp import web

from bench.command import run
from bench.console_log import INTENTS, WORKSPACE, fill
from bench.measure import percentiles
from bot.console.app import console_app, mount
from bot.console.console import CONSOLE, Console
from bot.console.cookies import PLAIN_NAMES, SESSION
from bot.console.inbox.asking import filters_in
from bot.dialogue.answering import Answering
from bot.dialogue.dialogue import Dialogue
from bot.dialogue.reading import Reads
from bot.engine import Engine
from bot.garbage import settle
from bot.settings import load_settings
from bot.store.store import Store
from bot.upkeep import Upkeep
from nlu.understanding import Understanding

TIMES = 20
WIDTH = 384
VIEWS = ("where intent:find_order", "sentiment:angry", "decision:hand_over rated:1", "handed_over:yes", "broken lamp", "",
         "channel:web confidence:<0.95", "answer:answer_1", "language:en", "from:2026-01-01")  # fmt: skip
FIRST_LOOK = "insights, first look"  # before any day is counted
PAGES = {
    FIRST_LOOK: "/insights?period=90",
    "inbox, waiting": "/inbox/waiting",
    "inbox, mine": "/inbox/mine",
    "inbox, open": "/inbox/open",
    "inbox, closed": "/inbox/closed",
    "inbox, saved views": "/inbox/views/part?view=open",
    "inbox, a filter": "/inbox/search?q=intent:find_order+sentiment:angry",
    "a search: one word": "/inbox/search?q=parcel",
    "a search: two words": "/inbox/search?q=discount+code",
    "a search, filtered": "/inbox/search?q=arrived+intent:find_order",
    "review": "/review",
    "a conversation": "/conversations/1000",
    "its transcript": "/conversations/1000/transcript",
    "answers": "/answers",
    "answers, searched": "/answers?q=refund",
    "an answer": "/answers/order_status_shipped",
    "a new answer": "/answers/new",
    "insights, today": "/insights?period=today",
    "insights, 7 days": "/insights?period=7",
    "insights, 30 days": "/insights?period=30",
    "insights, 90 days": "/insights?period=90",
    "clusters, 7 days": "/insights/clusters?period=7",
    "clusters, 90 days": "/insights/clusters?period=90",
    "behind an alert": "/insights/alerts/1",
    "autonomy": "/autonomy",
    "canned answers": "/canned",
    "team": "/team",
    "audit log": "/audit",
    "saved views": "/inbox/views",
}


@click.command(context_settings={"show_default": True})
@click.option("--messages", type=click.IntRange(min=1000), default=1_000_000)
@click.option(
    "--database", type=click.Path(path_type=Path), help="Filled where it isn't there. [default: a new one]"
)
@click.option(
    "--time-zone",
    help="Of the desk: the later it is there, the more of today and of a day before is counted for each look at insights."
    "  [default: as the demo shop has it]",
)
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(messages: int, database: Path | None, time_zone: str | None, json_path: Path | None) -> None:
    """Fill a database and measure each page of the console: the first time, then median and 95 % of 20 requests, and
    the processor's time for one, which other work on the machine doesn't lengthen as much."""
    with tempfile.TemporaryDirectory() as folder:
        path = database or Path(folder) / "kefu.db"
        if not path.exists():
            started = time.perf_counter()
            fill(path, messages)
            click.echo(
                f"filled in {time.perf_counter() - started:.0f} s, {path.stat().st_size / 2**20:.0f} MiB"
            )
        figures = asyncio.run(measure(path, time_zone))
    if json_path:
        json_path.write_text(json.dumps(figures, indent=1), "utf-8")


async def measure(path: Path, time_zone: str | None) -> dict[str, tuple[float, float, float, float]]:
    """Milliseconds for each page: the first request, median and 95 % of those that follow, and the processor's."""
    figures = {}
    click.echo(f"{'':22} {'first':>9} {'median':>9} {'95 %':>9} {'processor':>9}  ms")
    async with (
        _server(path, time_zone) as (url, cookies, console),
        aiohttp.ClientSession(cookies=cookies) as session,
    ):
        for name, page in PAGES.items():
            ms, cpu_ms = [], []
            for _ in range(1 if name == FIRST_LOOK else TIMES + 1):
                await console.grouping.wait()
                started, began = time.perf_counter(), time.process_time()
                async with session.get(f"{url}/console{page}", allow_redirects=False) as response:
                    await response.read()
                assert response.status == 200, (page, response.status)
                ms.append(1000 * (time.perf_counter() - started))
                cpu_ms.append(1000 * (time.process_time() - began))
            if name == FIRST_LOOK:
                started = time.perf_counter()
                await Upkeep(console.store, console.settings.desk.zone, pause_s=0).look()
                click.echo(f"all days counted in {time.perf_counter() - started:.1f} s")
            median, p95 = percentiles(ms[1:] or ms, 50, 95)
            cpu = percentiles(cpu_ms[1:] or cpu_ms, 50)[0]
            click.echo(f"{name:22} {ms[0]:9.0f} {median:9.1f} {p95:9.1f} {cpu:9.1f}")
            figures[name] = (round(ms[0], 1), median, p95, cpu)
    return figures


class _Words:
    """Reads a text as the mean of its words' vectors, and knows the names of intents."""

    entity_types = ()
    intents = INTENTS

    async def alike(self, bound: float) -> list[tuple[str, str]]:
        return []

    async def understand(self, text: str) -> Understanding:
        words = [np.random.default_rng(crc32(word.encode())).normal(size=WIDTH) for word in text.split()]
        vector = np.sum(words, axis=0)
        unit = np.asarray(vector / np.linalg.norm(vector), np.float32)
        return Understanding(text, text, (), (), unit, unit, "en", None, 0.0, ())


def _dialogue() -> Dialogue:
    """What the pages ask of one: the names of intents, and vectors."""
    book = SimpleNamespace(intents=INTENTS, of_intent=lambda intent: ())
    return Dialogue(cast(Reads, _Words()), cast(Answering, SimpleNamespace(book=book)))


@asynccontextmanager
async def _server(path: Path, time_zone: str | None) -> AsyncIterator[tuple[str, dict[str, str], Console]]:
    """The console over a log, without a model: vectors are made of words. With the cookie of its admin."""

    async def learn() -> None:
        """There is no memory to bring up to date."""

    settings = load_settings(WORKSPACE)
    desk = settings.desk.model_copy(update={"time_zone": time_zone or settings.desk.time_zone})
    settings = settings.model_copy(update={"desk": desk})
    async with await Store.open(f"sqlite:///{path}") as store:
        engine = Engine(settings, store, _dialogue(), "r1")
        app = web.Application()
        console = console_app(engine, learn)
        mount(app, console)
        for number, asked in enumerate(VIEWS):
            await store.saved_views.save(
                1, f"view {number}", "open", asked, filters_in(asked), is_shared=False
            )
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        token = await store.accounts.sign_in(1, "bench")
        settle()  # as `kefu serve` does
        cookies = {PLAIN_NAMES[SESSION]: token}
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}", cookies, console[CONSOLE]
        finally:
            await runner.cleanup()


if __name__ == "__main__":
    run(main)
