"""Many customers at once against a running `kefu serve`.

    python -m bench.load --url http://127.0.0.1:8080 --clients 32 --messages 2000

All clients share one address, so [web] requests_per_minute of the desk must allow what they send in a minute."""

import asyncio
import json
import time
import uuid
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import click
import psutil

from bench.command import run
from bench.measure import percentiles
from bot.errors import BotError

MESSAGES_EACH = 8  # in one conversation; below what a desk takes from one customer in a minute
TEXTS = (
    "where is my order",
    "I'd like to return the lamp I bought last week",
    "the mirror arrived broken",
    "how much is delivery",
    "hi",
    "can I talk to a person please",
    "what's the weather like on Mars",
    "my discount code doesn't work",
)

HINTS = {
    "401": ": --api-key has the key of the desk",
    "429": ": raise [web] requests_per_minute of the desk while it is measured",
}


@click.command(context_settings={"show_default": True})
@click.option("--url", required=True)
@click.option("--clients", type=click.IntRange(min=1), default=32)
@click.option("--messages", type=click.IntRange(min=1), default=1000, help="In all.")
@click.option("--api-key", default="", help="Where the server isn't bound to loopback.")
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(url: str, clients: int, messages: int, api_key: str, json_path: Path | None) -> None:
    """Each client sends its next message when the last was answered, and begins a new conversation after a few."""
    figures = asyncio.run(send(url.rstrip("/"), clients, messages, api_key))
    for name, value in figures.items():
        click.echo(f"{name:16} {value}")
    if json_path:
        json_path.write_text(json.dumps(figures, indent=1), "utf-8")


async def send(url: str, clients: int, messages: int, api_key: str) -> dict[str, float | int | None]:
    """Send the messages; how many were answered, in milliseconds and a second, errors, and the server's memory.

    Raises BotError if none was answered."""
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    ms: list[float] = []
    errors = Counter[str]()
    left = iter(range(messages))

    async def client(session: aiohttp.ClientSession) -> None:
        for sent, number in enumerate(left):
            if sent % MESSAGES_EACH == 0:
                conversation = f"bench-{uuid.uuid4().hex}"
            body = {
                "conversation": conversation,
                "client_message_id": uuid.uuid4().hex,
                "text": TEXTS[number % len(TEXTS)],
            }
            start = time.perf_counter()
            try:
                async with session.post(f"{url}/api/v1/messages", json=body) as response:
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
        await asyncio.gather(*(client(session) for _ in range(clients)))
        seconds = time.perf_counter() - start
    for reason, n in errors.most_common():
        click.echo(f"{n} x {reason}{HINTS.get(reason[:3], '')}", err=True)
    if not ms:
        raise BotError(f"{url}: none of {messages} messages was answered")
    p50, p95, p99 = percentiles(ms, 50, 95, 99)
    return {
        "clients": clients,
        "messages": len(ms),
        "per_second": round(len(ms) / seconds, 1),
        "p50_ms": p50,
        "p95_ms": p95,
        "p99_ms": p99,
        "errors": errors.total(),
        "server_rss_mb": server_rss_mb(url),
    }


def server_rss_mb(url: str) -> int | None:
    """Resident memory of the process that listens on the URL's port, if it is on this machine."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    for connection in psutil.net_connections("tcp"):
        address = connection.laddr
        is_listening = connection.status == psutil.CONN_LISTEN and bool(address)
        if is_listening and getattr(address, "port", None) == port and connection.pid:
            return round(psutil.Process(connection.pid).memory_info().rss / 2**20)
    return None


if __name__ == "__main__":
    run(main)
