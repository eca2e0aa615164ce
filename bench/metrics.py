"""What metrics cost: counting a turn beside the turn itself, and being asked for them.

    python -m bench.metrics examples/shop

The turns are one after another on SQLite. What they observe is counted, and the same is then done alone, many times over:
beside a turn's milliseconds the difference between with and without would be lost in the noise."""

import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import click
from prometheus_client import generate_latest

from bench.chats import chats
from bench.command import run
from bench.served import copy_for_clients
from bot.desk import Desk, open_desk
from bot.garbage import settle
from bot.messages import Turn
from bot.monitoring.meters import REGISTRY, count_turn, timed, under_way
from bot.monitoring.standing import DeskStanding
from bot.settings import load_settings
from bot.store.store import Store
from training.dialogues import dialogue_files, read_dialogues

WARM_UP = 100  # messages
REPEATS = 20_000  # of what a turn observes
SCRAPES = 200


@click.command(context_settings={"show_default": True})
@click.argument("workspace", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--messages", type=click.IntRange(min=1), default=1000)
def main(workspace: Path, messages: int) -> None:
    """Send what the workspace's customers wrote."""
    texts = [
        turn.text for one in read_dialogues(dialogue_files(workspace)) for turn in one.turns if turn.intents
    ]
    random.Random(0).shuffle(texts)
    with tempfile.TemporaryDirectory(prefix="kefu-metrics-") as folder:
        asyncio.run(measure(copy_for_clients(workspace, Path(folder) / "workspace"), texts, messages))


async def measure(workspace: Path, texts: Sequence[str], messages: int) -> None:
    """Take so many turns and say what they and their metrics cost."""
    log = await Store.open(f"sqlite:///{workspace / 'metrics.db'}")
    async with log, open_desk(load_settings(workspace), store=log) as desk:
        settle()
        await talk(desk, texts, WARM_UP)
        before, cpu = _transactions(), time.process_time()
        last = await talk(desk, texts, messages)
        turn_ms = 1000 * (time.process_time() - cpu) / messages
        n_transactions = round((_transactions() - before) / messages)
        counted_ms = 1000 * observe(last, n_transactions) / REPEATS
        click.echo(f"a turn: {turn_ms:.2f} ms of processor, {n_transactions} transactions")
        click.echo(f"its metrics: {counted_ms:.3f} ms of it, {100 * counted_ms / turn_ms:.2f} %")
        await scrape(desk)


async def talk(desk: Desk, texts: Sequence[str], messages: int) -> Turn:
    """So many turns, a few to a conversation; the last of them."""
    for message in chats(texts, messages):
        turn = await desk.engine.handle(message)
    return turn


def _transactions() -> float:
    return sum(
        REGISTRY.get_sample_value("kefu_stage_seconds_count", {"stage": stage}) or 0.0
        for stage in ("reading", "writing")
    )


def observe(turn: Turn, n_transactions: int) -> float:
    """Seconds of processor for REPEATS times what such a turn observes."""
    begun = time.process_time()
    for _ in range(REPEATS):
        with under_way():
            with timed("queue"):
                pass
            for _ in range(n_transactions):
                with timed("writing"):
                    pass
            count_turn(turn, total_s=0.01)
    return time.process_time() - begun


async def scrape(desk: Desk) -> None:
    """What Prometheus costs each time it asks, and what is read from the log for it."""
    standing = DeskStanding(desk)
    begun = time.perf_counter()
    await standing.look()
    looked_ms = 1000 * (time.perf_counter() - begun)
    REGISTRY.register(standing)
    times = []
    for _ in range(SCRAPES):
        cpu = time.process_time()
        told = generate_latest(REGISTRY)
        times.append(time.process_time() - cpu)
    REGISTRY.unregister(standing)
    click.echo(f"asked for: {1000 * statistics.median(times):.1f} ms of processor, {len(told):,} bytes")
    click.echo(f"what stands in the log, every 15 s: {looked_ms:.1f} ms")


if __name__ == "__main__":
    run(main)
