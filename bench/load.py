"""Many customers at once, everything logged.

    python -m bench.load examples/shop --clients 32 --messages 4000
    python -m bench.load examples/shop --processes 2 --database postgresql://kefu@localhost/empty
    python -m bench.load examples/shop --texts multidogo/airline_train.jsonl.gz
    python -m bench.load examples/shop --url http://127.0.0.1:8080 --messages 2000

Serves a copy of the workspace, by one process or several, and sends what its customers wrote, or others (`--texts`, in
an order of chance), each message to the next process, as a load balancer without stickiness does. Of a desk that runs
already (`--url`, several allowed) [web] requests_per_minute must allow what one address sends."""

import asyncio
import gzip
import itertools
import json
import random
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import click
import psutil

from bench.chats import MESSAGES_EACH
from bench.command import run
from bench.measure import desk_cpu_s, desk_rss_mb, percentiles
from bench.read_log import read_log
from bench.served import copy_for_clients, serving
from bot.errors import BotError
from training.dialogues import dialogue_files, read_dialogues

WARM_UP = 10  # of a hundred messages, before anything is measured
HINTS = {
    "401": ": --api-key has the key of the desk",
    "429": ": raise [web] requests_per_minute of the desk while it is measured",
}


@click.command(context_settings={"show_default": True})
@click.argument("workspace", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--url", "urls", multiple=True, help="Of a desk that runs, in place of one that is started.")
@click.option(
    "--texts",
    "texts_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with an object a line that has a `text`, gzipped or not; by default the workspace's dialogues.",
)
@click.option("--clients", type=click.IntRange(min=1), default=32)
@click.option(
    "--messages", type=click.IntRange(min=1), default=1000, help="In all, those of the warm-up besides."
)
@click.option("--processes", type=click.IntRange(min=1), default=1)
@click.option("--database", help="An empty database; SQLite, a file of its own, by default.")
@click.option("--api-key", default="", help="Where the server isn't bound to loopback.")
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(
    workspace: Path,
    urls: tuple[str, ...],
    texts_file: Path | None,
    clients: int,
    messages: int,
    processes: int,
    database: str | None,
    api_key: str,
    json_path: Path | None,
) -> None:
    """Each client sends its next message when the last was answered, and begins a new conversation after a few."""
    texts = texts_of(texts_file) if texts_file else texts_of_dialogues(workspace)
    if urls:
        addresses = [url.rstrip("/") for url in urls]
        figures = asyncio.run(send(addresses, clients, messages, texts, api_key=api_key))
        figures["server_rss_mb"] = server_rss_mb(addresses[0])
    else:
        with tempfile.TemporaryDirectory(prefix="kefu-load-") as folder:
            copy = copy_for_clients(workspace, Path(folder) / "workspace")
            log = database or f"sqlite:///{copy / 'load.db'}"
            figures = asyncio.run(serve_and_send(copy, log, clients, messages, texts, processes))
    for name, value in figures.items():
        click.echo(f"{name:24} {value}")
    if json_path:
        json_path.write_text(json.dumps(figures, indent=1), "utf-8")


async def serve_and_send(
    workspace: Path, database: str, clients: int, messages: int, texts: Sequence[str], processes: int
) -> dict[str, object]:
    """Figures of a desk of so many processes, what it took of processor and memory among them."""
    n_warm_up = max(clients, messages * WARM_UP // 100)
    async with AsyncExitStack() as stack:
        served = [await stack.enter_async_context(serving(workspace, database)) for _ in range(processes)]
        desks = [psutil.Process(pid) for pid, _ in served]
        urls = [url.rstrip("/") for _, url in served]
        await send(urls, clients, n_warm_up, texts)
        rss, seconds = [round(desk_rss_mb(desk)) for desk in desks], sum(map(desk_cpu_s, desks))
        own = time.process_time()
        figures = await send(urls, clients, messages, [*texts[n_warm_up:], *texts[:n_warm_up]])
        n = len(desks)
        return {
            **figures,
            "processes": n,
            "cpu_ms_a_message": round(1000 * (sum(map(desk_cpu_s, desks)) - seconds) / messages, 2),
            "client_cpu_ms_a_message": round(1000 * (time.process_time() - own) / messages, 2),
            "rss_mb": rss,
            "rss_mb_after": (after := [round(desk_rss_mb(desk)) for desk in desks]),
            "rss_grew_percent": round(100 * (sum(after) / sum(rss) - 1), 1),
            "not_answered_once": await _not_once(database),
        }


def texts_of_dialogues(workspace: Path) -> list[str]:
    """What customers asked in a workspace's dialogues."""
    dialogues = read_dialogues(dialogue_files(workspace))
    return [turn.text for dialogue in dialogues for turn in dialogue.turns if turn.intents]


def texts_of(path: Path) -> list[str]:
    """What was said in a file, in an order of chance. Raises BotError where a line isn't an object with a text."""
    content = path.read_bytes()
    lines = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8").splitlines()
    try:
        texts = [str(json.loads(line)["text"]) for line in lines]
    except (ValueError, KeyError, TypeError) as error:
        raise BotError(f"{path}: wanted an object with a `text` on each line: {error!r}") from error
    random.Random(0).shuffle(texts)
    return texts


async def _not_once(database: str) -> int:
    """Messages that are in the log more than once."""
    return sum(logged.times != 1 for logged in (await read_log(database)).values())


async def send(
    urls: Sequence[str], clients: int, messages: int, texts: Sequence[str], *, api_key: str = ""
) -> dict[str, object]:
    """Send the messages; how many were answered, in milliseconds and a second, and errors.

    Raises BotError if none was answered."""
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    ms: list[float] = []
    errors = Counter[str]()
    left, turns = iter(range(messages)), itertools.cycle(urls)

    async def client(session: aiohttp.ClientSession, numbers: Iterable[int]) -> None:
        for sent, number in enumerate(numbers):
            if sent % MESSAGES_EACH == 0:
                conversation = f"bench-{uuid.uuid4().hex}"
            body = {
                "conversation": conversation,
                "client_message_id": uuid.uuid4().hex,
                "text": texts[number % len(texts)],
            }
            start = time.perf_counter()
            try:
                async with session.post(f"{next(turns)}/api/v1/messages", json=body) as response:
                    await response.read()
            except (aiohttp.ClientError, TimeoutError) as error:
                errors[str(error) or type(error).__name__] += 1
                continue
            if response.status >= 400:
                errors[f"{response.status} {response.reason}"] += 1
            else:
                ms.append(1000 * (time.perf_counter() - start))

    async with aiohttp.ClientSession(
        headers=headers, connector=aiohttp.TCPConnector(limit=clients)
    ) as session:
        start = time.perf_counter()
        await asyncio.gather(*(client(session, left) for _ in range(clients)))
        seconds = time.perf_counter() - start
    for reason, n in errors.most_common():
        click.echo(f"{n} x {reason}{HINTS.get(reason[:3], '')}", err=True)
    if not ms:
        raise BotError(f"{urls[0]}: none of {messages} messages was answered")
    p50, p95, p99 = percentiles(ms, 50, 95, 99)
    return {
        "clients": clients,
        "messages": len(ms),
        "per_second": round(len(ms) / seconds, 1),
        "p50_ms": p50,
        "p95_ms": p95,
        "p99_ms": p99,
        "errors": errors.total(),
    }


def server_rss_mb(url: str) -> int | None:
    """Resident memory of the process that listens on the URL's port, if it is on this machine."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    for connection in psutil.net_connections("tcp"):
        address = connection.laddr
        is_listening = connection.status == psutil.CONN_LISTEN and bool(address)
        if is_listening and getattr(address, "port", None) == port and connection.pid:
            return round(desk_rss_mb(psutil.Process(connection.pid)))
    return None


if __name__ == "__main__":
    run(main)
