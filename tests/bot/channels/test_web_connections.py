"""Clients that ask for too much, or too slowly: each gets a clear refusal, and the others are served."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.channels.web import connections, doorway
from bot.channels.web.errors import MAX_DEPTH
from bot.channels.web.shapes import MAX_BYTES
from bot.console.app import ROUTES
from tests.bot.console.console_desk import ConsoleDesk, open_console

SOON_S = 0.2
API = (
    "GET /api/v1/conversations/x",
    "GET /api/v1/openapi.json",
    "GET /healthz",
    "GET /readyz",
    "GET /",
    "GET /embed",
)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[ConsoleDesk]:
    async with open_console(tmp_path, connections_per_client=20, pages_per_minute=3000) as opened:
        yield opened


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The waits, short."""
    monkeypatch.setattr(connections, "HEAD_WITHIN_S", SOON_S)
    monkeypatch.setattr(doorway, "BODY_WITHIN_S", SOON_S)
    monkeypatch.setattr(connections, "TAKEN_WITHIN_S", SOON_S)


@asynccontextmanager
async def wire(url: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A bare connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    try:
        yield reader, writer
    finally:
        writer.close()


async def said(url: str, sent: bytes) -> bytes:
    """All that comes back until the server hangs up."""
    async with wire(url) as (reader, writer):
        writer.write(sent)
        async with asyncio.timeout(10):
            return await reader.read()


async def test_a_head_that_never_ends_is_given_up(desk: ConsoleDesk, hurry: None) -> None:
    answer = await said(desk.url, b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"too_slow"' in answer


async def test_a_connection_that_says_nothing_is_closed(desk: ConsoleDesk, hurry: None) -> None:
    assert await said(desk.url, b"") == b""


async def test_a_second_request_has_its_own_time(desk: ConsoleDesk, hurry: None) -> None:
    async with wire(desk.url) as (reader, writer), asyncio.timeout(10):
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readuntil(b'{"status":"ok"}')).startswith(b"HTTP/1.1 200 ")
        writer.write(b"GET /healthz HTTP/1.1\r\nHost:")
        assert (await reader.read()).startswith(b"HTTP/1.1 408 ")


async def test_a_body_that_never_comes_is_given_up(desk: ConsoleDesk, hurry: None) -> None:
    head = b"POST /api/v1/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
    async with wire(desk.url) as (reader, writer), asyncio.timeout(10):
        writer.write(head + b'Content-Length: 100\r\n\r\n{"a"')
        assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 408 ")


async def test_a_browser_that_takes_nothing_is_let_go(desk: ConsoleDesk, hurry: None) -> None:
    """It asks for a page again and again and reads none."""
    async with wire(desk.url) as (_, writer):
        with pytest.raises(ConnectionError):
            await ask_on(writer)


async def ask_on(writer: asyncio.StreamWriter) -> None:
    async with asyncio.timeout(20):
        while True:
            writer.write(b"GET /widget.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 50)
            await writer.drain()


async def test_a_browser_that_only_listens_is_kept(desk: ConsoleDesk, hurry: None) -> None:
    """The time for a head ends with the head: an open socket may be quiet."""
    async with aiohttp.ClientSession() as client, client.ws_connect(f"{desk.url}/ws") as socket:
        await socket.send_json({"type": "hello", "token": "t" * 43})
        assert (await socket.receive_json())["type"] == "transcript"
        with pytest.raises(TimeoutError):
            await socket.receive(timeout=3 * SOON_S)
        await socket.send_json({"type": "ping"})
        assert (await socket.receive_json())["type"] == "pong"


async def test_one_client_has_so_many_connections_and_gets_more_once_some_are_closed(
    desk: ConsoleDesk,
) -> None:
    opened = [await asyncio.open_connection("127.0.0.1", int(desk.url.rpartition(":")[2])) for _ in range(20)]
    answer = await said(desk.url, b"")
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"too_many_connections" in answer
    for _, writer in opened:
        writer.close()
        await writer.wait_closed()
    ok = b""
    while not ok.startswith(b"HTTP/1.1 200 "):
        ok = await said(desk.url, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")


async def test_a_trusted_proxy_has_the_connections_of_everybody(tmp_path: Path) -> None:
    options: dict[str, Any] = {
        "connections_per_client": 2,
        "max_connections": 4,
        "trusted_proxies": ("127.0.0.1",),
    }
    async with open_console(tmp_path, **options) as desk:
        port = int(desk.url.rpartition(":")[2])
        opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(4)]
        assert (await said(desk.url, b"")).startswith(b"HTTP/1.1 503 ")
        for _, writer in opened:
            writer.close()


def paths() -> list[str]:
    """Every address of the desk, with something in its gaps."""
    console = [f"{route.method} /console{route.path}" for route in ROUTES if route.path != "/live"]
    gaps = [
        path.split("{") for path in ("POST /api/v1/messages", "GET /widget.js", "GET /ws", *API, *console)
    ]
    return [
        "{".join(parts).replace("{id}", "1").replace("{name}", "x").replace("{token}", "x") for parts in gaps
    ]


async def test_every_address_refuses_what_is_too_large_or_no_text(desk: ConsoleDesk) -> None:
    browser = await desk.signed_in("ada@shop.example", "admin")
    form = {"Content-Type": "application/x-www-form-urlencoded", "X-CSRF-Token": browser.csrf}
    bad: dict[str, tuple[bytes, dict[str, str]]] = {
        "body": (b"a=" + b"x" * (MAX_BYTES + 1), form),
        "packed": (gzip.compress(b"x" * 50_000_000), form | {"Content-Encoding": "gzip"}),
        "no text": (b"name=\xff\xfe", form),
        "charset": (b"a=b", {"Content-Type": "application/x-www-form-urlencoded; charset=klingon"}),
        "fields": (b"&".join(b"a=1" for _ in range(5000)), form),
        "files": (b"--x--\r\n", {"Content-Type": "multipart/form-data; boundary=x"}),
        "head": (b"", {"X-Long": "x" * 9000}),
        "heads": (b"", {f"X-{number}": "x" for number in range(200)}),
    }
    for path in paths():
        method, _, place = path.partition(" ")
        for what, (body, headers) in bad.items():
            if method == "GET" and "head" not in what:
                continue
            async with browser.client.request(
                method, desk.url + place, data=body, headers=headers, allow_redirects=False
            ) as answer:
                assert 400 <= answer.status < 500, (path, what, answer.status, await answer.text())
    async with browser.client.get(f"{desk.url}/healthz") as answer:
        assert answer.status == 200


async def test_what_is_no_http_is_refused_and_not_logged(desk: ConsoleDesk, caplog: Any) -> None:
    for sent in (
        b"\x16\x03\x01 anna@mail.example\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nanna@mail.example\r\n\r\n",
    ):
        assert (await said(desk.url, sent)).partition(b" ")[2].startswith(b"400 ")
    assert "anna" not in caplog.text


async def test_pages_are_counted_for_each_client(tmp_path: Path) -> None:
    async with open_console(tmp_path, pages_per_minute=5) as desk:
        browser = desk.browser()
        statuses = [(await browser.get("/sign-in")).status for _ in range(6)]
        assert statuses == [200] * 5 + [429]
        refused = await browser.get("/sign-in")
        assert int(refused.headers["Retry-After"]) > 0
        async with browser.client.get(f"{desk.url}/api/v1/openapi.json") as answer:
            assert answer.status == 200


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 900, 20_000])
async def test_json_nested_too_deep_is_refused(desk: ConsoleDesk, depth: int) -> None:
    browser = desk.browser()
    headers = {"Content-Type": "application/json"}
    for body in (b'{"text": ' + b"[" * depth + b"]" * depth + b"}", b'{"a":' * depth, b"[" * depth):
        async with browser.client.post(f"{desk.url}/api/v1/messages", data=body, headers=headers) as answer:
            assert (answer.status, (await answer.json())["error"]["code"]) == (400, "not_json")


@pytest.mark.parametrize(
    "body",
    [
        '{"\\ud800": 1}',
        '{"text": "\\ud800"}',
        '{"conversation": "\\udfff", "text": "a"}',
        '"' + '\\"' * 60_000,
    ],
)
async def test_half_characters_and_endless_texts_are_refused(desk: ConsoleDesk, body: str) -> None:
    headers = {"Content-Type": "application/json"}
    async with desk.browser().client.post(
        f"{desk.url}/api/v1/messages", data=body, headers=headers
    ) as answer:
        assert answer.status in {400, 422}, await answer.text()


async def test_pings_count_as_frames(tmp_path: Path) -> None:
    async with (
        open_console(tmp_path, requests_per_minute=5) as desk,
        aiohttp.ClientSession() as client,
        client.ws_connect(f"{desk.url}/ws", autoping=False) as socket,
    ):
        await socket.send_json({"type": "hello", "token": "t" * 43})
        met = []
        for _ in range(6):
            await socket.ping(b"x")
        async with asyncio.timeout(10):
            while "error" not in met:
                frame = await socket.receive()
                met.append(frame.json()["type"] if frame.type is aiohttp.WSMsgType.TEXT else frame.type.name)
        assert met.count("PONG") == 4
