"""Telegram's webhook under load: how soon updates are taken, and how many are answered in a second.

    python -m bench.webhook examples/shop --chats 32 --messages 1000
    python -m bench.webhook examples/shop --chats 32 --messages 3000 --per-second 330

Serves a copy of the workspace beside a Bot API that this program plays, on loopback, and posts updates as Telegram does:
the next of a chat once the last was taken, as fast as it goes or so many a second. An update is taken (HTTP 200) when it is
stored, and answered when its turn is in the log; what goes out waits for the tempo that Telegram allows a bot, 30 messages a
second, and is not counted."""

import asyncio
import itertools
import json
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import click
from aiohttp import web

from bench.chats import MESSAGES_EACH
from bench.command import run
from bench.load import texts_of, texts_of_dialogues
from bench.measure import percentiles
from bench.read_log import read_log
from bench.served import copy_for_clients, serving
from bot.channels.telegram.webhook import secret_of, webhook_url
from bot.channels.web.hooks import SECRET
from bot.errors import BotError

TOKEN = "123456:AAE-not_a_Token"  # noqa: S105 - of the Bot API played here
PUBLIC_URL = "https://desk.example"  # what Telegram is told; the posts here go to loopback
LOOK_EVERY_S = 0.1
WARM_UP = 100  # messages


@click.command(context_settings={"show_default": True})
@click.argument("workspace", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--chats", type=click.IntRange(min=1), default=32, help="That write at a time.")
@click.option(
    "--messages", type=click.IntRange(min=1), default=1000, help="In all, those of the warm-up besides."
)
@click.option("--database", help="An empty database; SQLite, a file of its own, by default.")
@click.option(
    "--texts",
    "texts_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="As in bench.load.",
)
@click.option(
    "--per-second",
    type=click.FloatRange(min=0, min_open=True),
    help="Updates posted; by default as many as are taken.",
)
def main(
    workspace: Path,
    chats: int,
    messages: int,
    database: str | None,
    texts_file: Path | None,
    per_second: float | None,
) -> None:
    """Post updates, and see what becomes of them."""
    texts = texts_of(texts_file) if texts_file else texts_of_dialogues(workspace)
    with tempfile.TemporaryDirectory(prefix="kefu-webhook-") as folder:
        copy = copy_for_clients(workspace, Path(folder) / "workspace")
        log = database or f"sqlite:///{copy / 'load.db'}"
        figures = asyncio.run(measure(copy, log, chats, messages, texts, per_second))
    for name, value in figures.items():
        click.echo(f"{name:24} {value}")


async def measure(
    workspace: Path,
    database: str,
    chats: int,
    messages: int,
    texts: Sequence[str],
    per_second: float | None = None,
) -> dict[str, object]:
    """Milliseconds until updates were taken, and answered a second. Raises BotError where one wasn't taken."""
    numbers, said, port = itertools.count(1), itertools.cycle(texts), free_port()
    async with bot_api() as base_url:
        settings = workspace / "kefu.toml"
        lines = f'\n[telegram]\nbase_url = "{base_url}"\nwebhook = true\n'
        text = settings.read_text("utf-8").replace("[web]", f'[web]\npublic_url = "{PUBLIC_URL}"', 1)
        settings.write_text(text + lines, "utf-8")
        secret = {SECRET: secret_of(TOKEN, webhook_url(PUBLIC_URL, ""))}
        async with (
            serving(workspace, database, port=port, TELEGRAM_BOT_TOKEN=TOKEN),
            aiohttp.ClientSession(headers=secret) as session,
        ):
            posts = f"http://127.0.0.1:{port}/telegram"
            await until_taken(session, posts)
            await post(session, posts, chats, itertools.islice(numbers, WARM_UP), said, Pace(None))
            await until_logged(database, WARM_UP)
            begun = time.perf_counter()
            pace = Pace(per_second)
            ms = await post(session, posts, chats, itertools.islice(numbers, messages), said, pace)
            taken_s = time.perf_counter() - begun
            await until_logged(database, WARM_UP + messages)
            answered_s = time.perf_counter() - begun
    p50, p95, p99 = percentiles(ms, 50, 95, 99)
    return {
        "chats": chats,
        "messages": len(ms),
        "taken_per_second": round(messages / taken_s, 1),
        "taken_p50_ms": p50,
        "taken_p95_ms": p95,
        "taken_p99_ms": p99,
        "answered_per_second": round(messages / answered_s, 1),
        "not_answered_once": sum(one.times != 1 for one in (await read_log(database)).values()),
    }


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def bot_api() -> AsyncIterator[str]:
    """Telegram's side: takes whatever is sent. Yields the base address."""
    ids = itertools.count(1)

    async def call(request: web.Request) -> web.Response:
        method = request.match_info["method"]
        result: Any = True
        if method == "getMe":
            result = {"id": 123456, "is_bot": True, "first_name": "Kefu", "username": "kefu_bot"}
        elif method == "sendMessage":
            chat = int(str((await request.post())["chat_id"]))
            result = {
                "message_id": next(ids),
                "date": int(time.time()),
                "chat": {"id": chat, "type": "private"},
            }
        return web.json_response({"ok": True, "result": result})

    app = web.Application()
    app.router.add_route("*", f"/bot{TOKEN}/{{method}}", call)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/bot"
    finally:
        await runner.cleanup()


async def until_taken(session: aiohttp.ClientSession, posts: str) -> None:
    """Until the desk has reached the Bot API and takes posts."""
    while True:
        async with session.post(posts, data=json.dumps({"update_id": 0})) as response:
            if response.status == 200:
                return
        await asyncio.sleep(LOOK_EVERY_S)


class Pace:
    """When the next update is due: at once, or so many a second, whether earlier ones were taken or not."""

    def __init__(self, per_second: float | None) -> None:
        self._step_s = 1 / per_second if per_second else None
        self._next = time.perf_counter()

    async def due(self) -> float:
        """Wait until it is, and say when that was."""
        if self._step_s is None:
            return time.perf_counter()
        when = self._next
        self._next += self._step_s
        await asyncio.sleep(when - time.perf_counter())
        return when


async def post(
    session: aiohttp.ClientSession,
    posts: str,
    chats: int,
    numbers: Iterator[int],
    texts: Iterator[str],
    pace: Pace,
) -> list[float]:
    """Post an update for each number, by so many chats at a time; how long each took since it was due, in ms."""
    ms: list[float] = []

    async def chat() -> None:
        for count, number in enumerate(numbers):
            if count % MESSAGES_EACH == 0:
                customer = number
            sender = {"id": customer, "is_bot": False, "first_name": "Anna"}
            message = {
                "message_id": number, "date": int(time.time()), "from": sender, "text": next(texts),
                "chat": {"id": customer, "type": "private", "first_name": "Anna"},
            }  # fmt: skip
            begun = await pace.due()
            while not await taken(session, posts, {"update_id": number, "message": message}):  # noqa: ASYNC110 - another process has the room
                await asyncio.sleep(LOOK_EVERY_S)
            ms.append(1000 * (time.perf_counter() - begun))

    await asyncio.gather(*(chat() for _ in range(chats)))
    return ms


async def taken(session: aiohttp.ClientSession, posts: str, update: Mapping[str, object]) -> bool:
    """Whether the desk took it, or has too many waiting and wants it again later. Raises BotError for all else."""
    async with session.post(posts, json=update) as response:
        if response.status not in {200, 503}:
            raise BotError(f"update {update['update_id']}: HTTP {response.status}: {await response.text()}")
        return response.status == 200


async def until_logged(database: str, n: int) -> None:
    """Until so many customers' messages are in the log with their turns."""
    while len(await read_log(database)) < n:  # noqa: ASYNC110 - another process writes it
        await asyncio.sleep(LOOK_EVERY_S)


if __name__ == "__main__":
    run(main)
