"""Calls to the company's system, against a real HTTP server that answers as told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.errors import BotError
from bot.outgoing.actions import ActionFailed, Actions
from bot.settings import Action

Call = Callable[..., Awaitable[dict[str, Any]]]


class Company:
    """Answers each request with the next of its replies, and remembers the requests."""

    def __init__(self) -> None:
        self.replies: list[web.Response | float] = []  # a number: seconds to keep the caller waiting
        self.requests: list[tuple[str, str, dict[str, str], Any]] = []

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else None
        self.requests.append((request.method, request.raw_path, dict(request.headers), body))
        reply = self.replies.pop(0) if self.replies else web.json_response({"status": "fine"})
        if isinstance(reply, float):
            await asyncio.sleep(reply)
            reply = web.json_response({"status": "late"})
        return reply


@pytest.fixture
def company() -> Company:
    return Company()


@pytest.fixture
async def call(company: Company) -> AsyncIterator[Call]:
    """Runs one action against the company; options as of [actions.*]."""
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", company.handle)
    opened: list[Actions] = []
    async with TestServer(app) as server:

        async def run(
            slots: dict[str, str] | None = None, *, path: str = "/orders/1", **options: Any
        ) -> dict[str, Any]:
            action = Action(url=str(server.make_url("/")).rstrip("/") + path, **options)
            opened.append(Actions({"it": action}, {"TOKEN": "s3cret"}, first_pause_s=0.001))
            return await opened[-1].run("it", slots or {}, idempotency_key="7:42")

        yield run
        for actions in opened:
            await actions.close()


async def test_the_json_object_is_the_result(call: Call) -> None:
    assert await call() == {"status": "fine"}


async def test_values_are_quoted_in_the_url(call: Call, company: Company) -> None:
    await call({"order_number": "a/x?y=1&z#é"}, path="/orders/{{ order_number }}")

    assert company.requests[0][1] == "/orders/a%2Fx%3Fy%3D1%26z%23%C3%A9"


async def test_body_and_secret_headers_are_sent(call: Call, company: Company) -> None:
    await call(
        {"a": 'say "hi"'}, method="POST", body={"note": "{{ a }}"}, headers={"Authorization": "Bearer $TOKEN"}
    )

    _, _, headers, body = company.requests[0]
    assert (headers["Authorization"], body) == ("Bearer s3cret", {"note": 'say "hi"'})


async def test_a_404_is_a_result(call: Call, company: Company) -> None:
    company.replies = [web.Response(status=404, text="nope")]

    assert await call() == {"status": "not_found"}


async def test_a_refusal_with_a_reason_is_a_result(call: Call, company: Company) -> None:
    company.replies = [web.json_response({"status": "too_late"}, status=409)]

    assert await call(method="POST") == {"status": "too_late"}


async def test_an_idempotent_call_is_tried_again(call: Call, company: Company) -> None:
    company.replies = [web.Response(status=503), 0.2, web.json_response({"status": "at last"})]

    assert await call(timeout_s=0.1, retries=2) == {"status": "at last"}
    assert "Idempotency-Key" not in company.requests[0][2]


@pytest.mark.parametrize("reply", [503, 0.2])
async def test_any_other_call_is_made_once_and_carries_a_key(
    call: Call, company: Company, reply: float
) -> None:
    company.replies = [web.Response(status=reply) if isinstance(reply, int) else reply]

    with pytest.raises(ActionFailed):
        await call(method="POST", timeout_s=0.1)

    assert [headers["Idempotency-Key"] for _, _, headers, _ in company.requests] == ["7:42"]


async def test_a_post_declared_idempotent_is_tried_again(call: Call, company: Company) -> None:
    company.replies = [web.Response(status=500)]

    assert await call(method="POST", idempotent=True) == {"status": "fine"}


@pytest.mark.parametrize(
    "reply",
    [
        lambda: web.Response(text="<html>"),
        lambda: web.json_response([1]),
        lambda: web.Response(status=401),
        lambda: web.Response(status=302, headers={"Location": "/elsewhere"}),
        lambda: web.Response(body=b"{" + b" " * (1 << 21)),
    ],
)
async def test_an_unusable_answer_fails(
    call: Call, company: Company, reply: Callable[[], web.Response]
) -> None:
    company.replies = [reply()]

    with pytest.raises(ActionFailed):
        await call()

    assert len(company.requests) == 1


async def test_a_system_that_is_down_fails_after_its_retries(unused_tcp_port: int) -> None:
    actions = Actions(
        {"it": Action(url=f"http://127.0.0.1:{unused_tcp_port}/", method="POST")}, {}, first_pause_s=0.001
    )

    with pytest.raises(ActionFailed, match="3 attempts"):
        await actions.run("it", {}, idempotency_key="k")

    await actions.close()


async def test_a_slot_the_answer_lacks_fails(call: Call) -> None:
    with pytest.raises(ActionFailed, match="order_number"):
        await call(path="/{{ order_number }}")


def test_a_secret_that_is_not_set_is_named_at_start() -> None:
    with pytest.raises(BotError, match=r"\[actions.it\].*TOKEN"):
        Actions({"it": Action(url="http://x", headers={"X": "$TOKEN"})}, {})


def test_a_broken_template_is_named_at_start() -> None:
    with pytest.raises(BotError, match=r"actions\.it\.url: met a value that is not shown; not a template"):
        Actions({"it": Action(url="http://x/{{ a")}, {})
