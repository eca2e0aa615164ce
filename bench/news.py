"""How soon what is said in one process shows in a browser at another.

    python -m bench.news examples/shop --database postgresql://kefu@localhost/empty --messages 500

Serves a copy of the workspace by two processes. Customers write to one by REST, and have the chat page's socket open at the
other; both times run from the sending of a message."""

import asyncio
import hashlib
import json
import tempfile
import time
import uuid
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import click

from bench.command import run
from bench.measure import percentiles
from bench.served import copy_for_clients, serving

SOCKETS = 4  # customers at once
TEXTS = ("where is my order", "how much is delivery", "hi", "the mirror arrived broken")
WITHIN_S = 30.0
PAUSE_S = 0.2  # of a customer, between two messages: this is no test of load


@click.command(context_settings={"show_default": True})
@click.argument("workspace", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--database", required=True, help="An empty PostgreSQL database.")
@click.option("--messages", type=click.IntRange(min=1), default=500)
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(workspace: Path, database: str, messages: int, json_path: Path | None) -> None:
    """Milliseconds until a message was answered at one process, and seen at the other."""
    with tempfile.TemporaryDirectory(prefix="kefu-news-") as folder:
        copy = copy_for_clients(workspace, Path(folder) / "workspace")
        figures = asyncio.run(measure(copy, database, messages))
    for name, value in figures.items():
        click.echo(f"{name:20} {value}")
    if json_path:
        json_path.write_text(json.dumps(figures, indent=1), "utf-8")


async def measure(workspace: Path, database: str, messages: int) -> dict[str, Any]:
    """Percentiles over all messages."""
    answered: list[float] = []
    seen: list[float] = []
    async with AsyncExitStack() as stack:
        one, other = [
            (await stack.enter_async_context(serving(workspace, database)))[1].rstrip("/") for _ in range(2)
        ]
        client = await stack.enter_async_context(aiohttp.ClientSession())
        left = iter(range(messages))

        async def customer() -> None:
            token = uuid.uuid4().hex * 2
            conversation = hashlib.sha256(token.encode()).hexdigest()
            async with client.ws_connect(f"{other}/ws") as socket:
                await socket.send_json({"type": "hello", "token": token, "after": 0})
                await _transcript(socket, None)
                for number in left:
                    body = {"conversation": conversation, "client_message_id": str(number)}
                    body["text"] = TEXTS[number % len(TEXTS)]
                    begun = time.perf_counter()
                    shown = asyncio.create_task(_transcript(socket, str(number)))
                    async with client.post(f"{one}/api/v1/messages", json=body) as response:
                        response.raise_for_status()
                        await response.read()
                    answered.append(1000 * (time.perf_counter() - begun))
                    await shown
                    seen.append(1000 * (time.perf_counter() - begun))
                    await asyncio.sleep(PAUSE_S)

        await asyncio.gather(*(customer() for _ in range(SOCKETS)))
    names = ("p50_ms", "p95_ms", "p99_ms")
    return {"messages": len(seen)} | {
        f"{kind}_{name}": value
        for kind, times in (("answered", answered), ("seen", seen))
        for name, value in zip(names, percentiles(times, 50, 95, 99), strict=True)
    }


async def _transcript(socket: "aiohttp.ClientWebSocketResponse[bool]", client_message_id: str | None) -> None:
    """Wait for the message of that id, and what was said to it; without one, for what was said before."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            frame = await socket.receive_json()
            if frame["type"] != "transcript":
                continue
            ids = [line["client_message_id"] for line in frame["messages"]]
            if client_message_id is None or client_message_id in ids:
                return


if __name__ == "__main__":
    run(main)
