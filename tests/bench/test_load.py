"""Load is measured on what was answered; what wasn't is counted and told."""

import gzip
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bench.load import send, server_rss_mb, texts_of
from bench.served import TEXTS
from bot.errors import BotError


async def serve(n_answered: int) -> TestServer:
    """A desk that answers so many messages and refuses the rest."""
    seen: set[str] = set()

    async def answer(request: web.Request) -> web.Response:
        body = await request.json()
        assert body.keys() == {"conversation", "client_message_id", "text"}
        seen.add(body["client_message_id"])
        return web.json_response({}, status=200 if len(seen) <= n_answered else 429)

    app = web.Application()
    app.router.add_post("/api/v1/messages", answer)
    server = TestServer(app)
    await server.start_server()
    return server


async def test_refused_messages_are_errors_and_no_times(capsys: pytest.CaptureFixture[str]) -> None:
    server = await serve(5)
    url = str(server.make_url("")).rstrip("/")
    found = await send([url], clients=3, messages=20, texts=TEXTS)
    rss_mb = server_rss_mb(url)
    await server.close()
    assert (found["clients"], found["messages"], found["errors"]) == (3, 5, 15)
    times = [float(str(found[f"p{percent}_ms"])) for percent in (50, 95, 99)]
    assert times == sorted(times)
    assert rss_mb is not None
    assert rss_mb > 10  # this process
    assert "15 x 429 Too Many Requests: raise [web] requests_per_minute" in capsys.readouterr().err


async def test_a_server_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    server = await serve(0)
    url = str(server.make_url("")).rstrip("/")
    await server.close()
    with pytest.raises(BotError, match="none of 2 messages was answered"):
        await send([url], clients=1, messages=2, texts=TEXTS)
    assert "2 x Cannot connect" in capsys.readouterr().err


async def test_each_message_goes_to_the_next_of_several_processes() -> None:
    servers = [await serve(4), await serve(4)]
    found = await send(
        [str(one.make_url("")).rstrip("/") for one in servers], clients=1, messages=8, texts=TEXTS
    )
    for one in servers:
        await one.close()
    assert (found["messages"], found["errors"]) == (8, 0)


def test_texts_come_from_a_file_in_an_order_of_chance(tmp_path: Path) -> None:
    lines = [f'{{"text": "lamp {number}"}}' for number in range(50)]
    path = tmp_path / "said.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    texts = texts_of(path)
    wanted = [f"lamp {number}" for number in range(50)]
    assert texts != wanted
    assert sorted(texts) == sorted(wanted)


def test_a_file_without_texts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "said.jsonl"
    path.write_text('{"words": "lamp"}\n', "utf-8")
    with pytest.raises(BotError, match=r"said\.jsonl: wanted an object with a `text` on each line: KeyError"):
        texts_of(path)
