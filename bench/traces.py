"""What traces cost a turn: turns without them, with them, and with a collector that hangs, by turns at one desk.

    python -m bench.traces examples/shop

One message after another. Processor time is that of all threads, until all spans are sent; wall time that of the turns. The
collector is a process of its own, which reads what comes and answers. No order system runs: actions are called once, in vain."""

import asyncio
import logging
import os
import random
import socket
import statistics
import tempfile
import time
import timeit
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import click

from bench.chats import chats
from bench.command import run
from bench.served import copy_for_clients
from bot.desk import open_desk
from bot.engine import Engine
from bot.garbage import settle
from bot.monitoring.exporting import exporting
from bot.monitoring.tracing import span
from bot.settings import load_settings
from training.dialogues import dialogue_files, read_dialogues

WARM_UP = 100  # messages
BLOCK = 50
KINDS = ("without", "traced", "collector hangs")
N_SPANS_OFF = 200_000


@click.command(context_settings={"show_default": True})
@click.argument("workspace", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--blocks", type=click.IntRange(min=2), default=12, help=f"Of each kind, {BLOCK} messages each."
)
def main(workspace: Path, blocks: int) -> None:
    """Send what the workspace's customers wrote."""
    texts = [
        turn.text for one in read_dialogues(dialogue_files(workspace)) for turn in one.turns if turn.intents
    ]
    random.Random(0).shuffle(texts)
    with tempfile.TemporaryDirectory(prefix="kefu-traces-") as folder:
        copy = copy_for_clients(workspace, Path(folder) / "workspace")
        with collector() as taking, socket.create_server(("127.0.0.1", 0)) as deaf:
            urls = {"traced": taking, "collector hangs": f"http://127.0.0.1:{deaf.getsockname()[1]}"}
            costs = asyncio.run(measure(copy, texts, blocks, urls))
    tell(costs)


async def measure(
    workspace: Path, texts: Sequence[str], blocks: int, urls: dict[str, str]
) -> dict[str, list[tuple[float, float]]]:
    """Milliseconds a turn by kind and block: of processor, of wall."""
    costs: dict[str, list[tuple[float, float]]] = {kind: [] for kind in KINDS}
    os.environ["OTEL_EXPORTER_OTLP_TIMEOUT"] = (
        "1"  # a thread that waits for longer would be there in the next block
    )
    logging.getLogger("bot.outgoing").setLevel(logging.CRITICAL)
    settings = load_settings(workspace)
    once = {name: action.model_copy(update={"retries": 0}) for name, action in settings.actions.items()}
    async with open_desk(settings.model_copy(update={"actions": once})) as desk:
        settle()
        await take(desk.engine, texts, WARM_UP)
        for _ in range(blocks):
            for kind in KINDS:
                os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = urls.get(kind, "")
                async with exporting() if kind in urls else nullcontext():
                    cpu = time.process_time()
                    wall_s = await take(desk.engine, texts, BLOCK)
                cpu_s = time.process_time() - cpu
                costs[kind].append((1000 * cpu_s / BLOCK, 1000 * wall_s / BLOCK))
    return costs


async def take(engine: Engine, texts: Sequence[str], messages: int) -> float:
    """Take so many turns; seconds."""
    began = time.perf_counter()
    for message in chats(texts, messages):
        await engine.handle(message)
    return time.perf_counter() - began


def tell(costs: dict[str, list[tuple[float, float]]]) -> None:
    """A line for each kind: medians, and the ratio to the block without traces beside it, with its quartiles."""
    click.echo(f"{'ms a turn':16} {'processor':>9} {'ratio':>20} {'wall':>7} {'ratio':>20}")
    for kind, blocks in costs.items():
        columns = []
        for which in (0, 1):
            ratios = [one[which] / bare[which] for one, bare in zip(blocks, costs["without"], strict=True)]
            low, middle, high = statistics.quantiles(ratios, n=4)
            columns.append(f"{statistics.median(one[which] for one in blocks):9.2f}")
            columns.append(f"{middle:.3f} ({low:.3f} to {high:.3f})")
        click.echo(f"{kind:16} {columns[0]} {columns[1]:>20} {columns[2]} {columns[3]:>20}")
    off_us = timeit.timeit(_one_span, number=N_SPANS_OFF) / N_SPANS_OFF * 1e6
    click.echo(f"a span where traces are off: {off_us:.2f} µs")


def _one_span() -> None:
    with span("reading"):
        pass


@contextmanager
def collector() -> Iterator[str]:
    """The address of one that takes all there is."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_collect, args=(there,), daemon=True)
    process.start()
    there.close()  # or one that died would be waited for
    try:
        yield f"http://127.0.0.1:{here.recv()}"
    finally:
        process.terminate()
        process.join()


def _collect(told: Connection) -> None:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        told.send(server.server_address[1])
        server.serve_forever()


if __name__ == "__main__":
    run(main)
