"""One customer floods a running `kefu serve` while fifty others write: how much longer do those wait?

    python -m bench.flood --url http://127.0.0.1:8080

All share one address, so [web] requests_per_minute of the desk must allow it."""

import asyncio
import json
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import click

from bench.command import run
from bench.measure import percentiles
from bench.served import TEXTS
from bot.errors import BotError

PAUSE_S = 2.0  # between two messages of a normal customer
AT_ONCE = 32  # messages of the flood that are always under way


@click.command(context_settings={"show_default": True})
@click.option("--url", required=True)
@click.option("--normal", type=click.IntRange(min=1), default=50, help="Customers who write now and then.")
@click.option("--messages", type=click.IntRange(min=1), default=6, help="Of each of them, with and without.")
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(url: str, normal: int, messages: int, json_path: Path | None) -> None:
    """The normal customers alone, with the flood, and alone again."""
    figures = asyncio.run(measure(url.rstrip("/"), normal, messages))
    for name, value in figures.items():
        click.echo(f"{name:18} {value}")
    if json_path:
        json_path.write_text(json.dumps(figures, indent=1), "utf-8")


async def measure(url: str, normal: int, messages: int) -> dict[str, float | int]:
    """95th percentiles in ms, their ratio, and what became of the flood. Raises BotError where a normal one is refused."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        before = await everybody(session, url, normal, messages)
        async with flooding(session, url) as told:
            during = await everybody(session, url, normal, messages)
        after = await everybody(session, url, normal, messages)
    [alone], [flooded] = percentiles([*before, *after], 95), percentiles(during, 95)
    return {
        "p95_alone_ms": alone,
        "p95_flooded_ms": flooded,
        "ratio": round(flooded / alone, 2),
        "flood_answered": told[200],
        "flood_refused": told.total() - told[200],
    }


async def everybody(session: aiohttp.ClientSession, url: str, normal: int, messages: int) -> list[float]:
    """How long each message of the normal customers took, in ms."""
    took: list[float] = []

    async def talk(number: int) -> None:
        conversation = f"bench-{uuid.uuid4().hex}"
        await asyncio.sleep(PAUSE_S * number / normal)  # evenly spread
        for count in range(messages):
            began = time.perf_counter()
            status = await say(session, url, conversation, TEXTS[(number + count) % len(TEXTS)])
            if status != 200:
                raise BotError(f"{url}: a normal customer got HTTP {status}; raise [web] requests_per_minute")
            took.append(1000 * (time.perf_counter() - began))
            await asyncio.sleep(PAUSE_S)

    await asyncio.gather(*(talk(number) for number in range(normal)))
    return took


@asynccontextmanager
async def flooding(session: aiohttp.ClientSession, url: str) -> AsyncIterator[Counter[int]]:
    """One conversation in which messages are always under way, as many as it likes; what it was told, by status."""
    conversation, told = f"bench-{uuid.uuid4().hex}", Counter[int]()

    async def flood() -> None:
        while True:
            told[await say(session, url, conversation, TEXTS[0])] += 1

    tasks = [asyncio.create_task(flood()) for _ in range(AT_ONCE)]
    try:
        yield told
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def say(session: aiohttp.ClientSession, url: str, conversation: str, text: str) -> int:
    """The status of the answer."""
    body = {"conversation": conversation, "client_message_id": uuid.uuid4().hex, "text": text}
    async with session.post(f"{url}/api/v1/messages", json=body) as response:
        await response.read()
        return response.status


if __name__ == "__main__":
    run(main)
