"""A server that is killed loses no message and answers none twice."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.store.store import Store
from tests.bot.channels.web_desk import said
from tests.shop_desk import free_port

CUSTOMERS = 50
MESSAGES = ("Where is my parcel?", "LW-11111", "thanks")
ROOT = Path(__file__).parents[3]


@contextmanager
def server(folder: Path, port: int) -> Iterator[None]:
    """A server that ends as if the power were cut."""
    command = [sys.executable, "-m", "tests.bot.channels.web_process", str(folder), str(port)]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        yield
    finally:
        process.kill()
        process.wait()


async def send(client: aiohttp.ClientSession, url: str, body: Any) -> Any:
    """Send it again and again, with the same id, until it is answered."""
    while True:
        try:
            async with client.post(url, json=body) as response:
                if response.status == 200:
                    return await response.json()
        except aiohttp.ClientError:
            await asyncio.sleep(0.2)  # more often, and the server would have no time to start


@pytest.mark.slow
async def test_a_killed_server_loses_no_message_and_answers_none_twice(tmp_path: Path) -> None:
    port, answers = free_port(), dict[tuple[str, int], Any]()
    url = f"http://127.0.0.1:{port}/api/v1/messages"

    async def talk(client: aiohttp.ClientSession, name: str) -> None:
        for number, text in enumerate(MESSAGES):
            answers[name, number] = await send(client, url, said(text, number, name))

    connector = aiohttp.TCPConnector(limit=CUSTOMERS)
    async with aiohttp.ClientSession(connector=connector) as client:
        with server(tmp_path, port):
            talks = [asyncio.create_task(talk(client, f"c{number}")) for number in range(CUSTOMERS)]
            while len(answers) < CUSTOMERS:
                await asyncio.sleep(0.01)
        n_before = len(answers)
        with server(tmp_path, port):
            await asyncio.gather(*talks)

    assert n_before < CUSTOMERS * len(MESSAGES)
    async with await Store.open(f"sqlite+aiosqlite:///{tmp_path}/kefu.db") as store:
        for number in range(CUSTOMERS):
            name = f"c{number}"
            lines = await store.transcript(f"web:{name}")
            assert [line.text for line in lines[::2]] == list(MESSAGES)
            assert [line.speaker for line in lines] == ["customer", "bot"] * len(MESSAGES)
            given = [answers[name, number]["replies"][0]["id"] for number in range(len(MESSAGES))]
            assert [line.id for line in lines[1::2]] == given
