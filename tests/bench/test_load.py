"""Load is measured on what was answered; what wasn't is counted and told."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bench.load import send
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
    found = await send(str(server.make_url("")).rstrip("/"), clients=3, messages=20, api_key="")
    await server.close()
    assert (found["clients"], found["messages"], found["errors"]) == (3, 5, 15)
    assert 0 < float(found["p50_ms"] or 0) <= float(found["p95_ms"] or 0) <= float(found["p99_ms"] or 0)
    assert float(found["per_second"] or 0) > 0
    assert int(found["server_rss_mb"] or 0) > 10  # this process
    assert "15 x 429 Too Many Requests: raise [web] requests_per_minute" in capsys.readouterr().err


async def test_a_server_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    server = await serve(0)
    url = str(server.make_url("")).rstrip("/")
    await server.close()
    with pytest.raises(BotError, match="none of 2 messages was answered"):
        await send(url, clients=1, messages=2, api_key="")
    assert "2 x Cannot connect" in capsys.readouterr().err
