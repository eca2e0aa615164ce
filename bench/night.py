"""What a retraining costs the customers of a desk that serves beside it.

    python -m bench.night examples/shop

Serves a copy of the workspace, lets clients talk over REST, and has the desk retrain itself as its schedule would: a
process of the lowest priority that leaves one core alone."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path

import aiohttp
import click

from bench.command import run
from bench.served import serving
from bench.shadow import BEGIN_S, SETTLING_S, tell
from bench.swaps import Watched, copy_workspace, talk
from bot.store.store import Store

LOOK_EVERY_S = 1.0


@click.command(context_settings={"show_default": True})
@click.argument("workspace", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--clients", type=click.IntRange(min=1), default=4)
@click.option("--seconds", type=click.IntRange(min=1), default=30, help="Alone, before and after.")
def main(workspace: Path, clients: int, seconds: int) -> None:
    """Measure the desk alone and while it retrains."""
    with tempfile.TemporaryDirectory(prefix="kefu-night-") as folder:
        copy = copy_workspace(workspace, Path(folder) / "workspace", new_encoder=False)
        asyncio.run(measure(copy, clients, seconds))


async def measure(workspace: Path, clients: int, seconds: int) -> None:
    """Serve, send, retrain."""
    database = f"sqlite:///{workspace / 'night.db'}"
    watched = Watched()
    spans: dict[str, list[tuple[float, float]]] = {"alone": [], "retraining": []}
    async with serving(workspace, database) as (_, url), aiohttp.ClientSession() as session:
        talking = [asyncio.create_task(talk(session, watched, 0, url)) for _ in range(clients)]
        await asyncio.sleep(BEGIN_S)
        spans["alone"].append(await _while(asyncio.sleep(seconds)))
        spans["retraining"].append(await _while(_retrain(database)))
        await asyncio.sleep(SETTLING_S)
        spans["alone"].append(await _while(asyncio.sleep(seconds)))
        for task in talking:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*talking, return_exceptions=True)
    tell(watched, spans)


async def _while(work: Awaitable[None]) -> tuple[float, float]:
    """From when to when it took."""
    began = time.time()
    await work
    return began, time.time()


async def _retrain(database: str) -> None:
    """Ask for it as the console does, and wait until it is over."""
    async with await Store.open(database, exclusive=False) as store:
        number = await store.retrainings.ask("the benchmark")
        while True:
            found = await store.retrainings.get(number)
            if found is None or not found.is_open:
                break
            await asyncio.sleep(LOOK_EVERY_S)
        took = (
            sum((step.ended_at - step.started_at).total_seconds() for step in found.steps if step.ended_at)
            if found
            else 0.0
        )
        click.echo(f"retraining: {found.status if found else 'gone'}, its steps took {took:.0f} s")


if __name__ == "__main__":
    run(main)
