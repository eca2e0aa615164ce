"""Calls over real HTTP: names, redirects, sizes, times, cookies, signatures."""

import asyncio
import gzip
import hashlib
import hmac
import socket
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer
from yarl import URL

from bot.outgoing.actions import ActionFailed, Actions
from bot.outgoing.caller import MAX_ANSWER_BYTES, Caller
from bot.outgoing.hosts import CallRefused, Hosts
from bot.outgoing.resolver import CheckedResolver
from bot.outgoing.webhook import Webhook
from bot.settings import Action, Outgoing

BOMB = gzip.compress(b" " * 10_000_000)


class Names(AbstractResolver):
    """A name server whose answers are given one after another."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)
        self.n_asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.n_asked += 1
        address = self.addresses.pop(0) if len(self.addresses) > 1 else self.addresses[0]
        met = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [ResolveResult(hostname=host, host=address, port=port, family=met, proto=0, flags=0)]

    async def close(self) -> None:
        pass


class Company:
    """Remembers what it was asked, and answers as its path says."""

    def __init__(self) -> None:
        self.asked: list[web.Request] = []
        self.bodies: list[bytes] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        self.bodies.append(await request.read())
        match request.path:
            case "/elsewhere":
                raise web.HTTPFound("http://169.254.169.254/latest/meta-data/")
            case "/large":
                return web.Response(body=b" " * (MAX_ANSWER_BYTES + 1))
            case "/bomb":
                return web.Response(body=BOMB, headers={"Content-Encoding": "gzip"})
            case "/deep":
                return web.Response(body=b"[" * 100_000)
            case "/drip":
                return await self._drip(request)
            case "/cookie":
                answer = web.json_response({})
                answer.set_cookie("who", "anna")
                return answer
        return web.json_response({"status": "fine"})

    async def _drip(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        for _ in range(1000):
            await answer.write(b" ")
            await asyncio.sleep(0.05)
        return answer


@pytest.fixture
async def company() -> AsyncIterator[tuple[Company, int]]:
    one = Company()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", one.handle)
    async with TestServer(app) as server:
        assert server.port is not None
        yield one, server.port


async def call(url: str, names: AbstractResolver | None = None, key: str = "", **options: Any) -> Any:
    hosts = Hosts.of(Outgoing(**options), [url])
    caller = Caller(hosts, key, names=names)
    try:
        return await caller.call("GET", URL(url), timeout_s=0.5)
    finally:
        await caller.close()


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:127.0.0.1"])
async def test_a_name_that_leads_into_the_own_network_is_refused(
    company: tuple[Company, int], address: str
) -> None:
    with pytest.raises(CallRefused, match=r"orders.example is at .* private_hosts"):
        await call(f"http://orders.example:{company[1]}/", Names(address))
    assert not company[0].asked


async def test_a_name_is_resolved_once_and_called_where_it_was_then(company: tuple[Company, int]) -> None:
    names = Names("127.0.0.1", "203.0.113.1")
    url = f"http://orders.internal:{company[1]}/x"
    answer = await call(url, names, private_hosts=("orders.internal",))
    assert (answer.status, names.n_asked) == (200, 1)
    assert company[0].asked[0].host == f"orders.internal:{company[1]}"


async def test_a_name_that_changes_its_mind_is_looked_at_again() -> None:
    """DNS rebinding: public when it is looked at first, loopback when it is called again."""
    hosts = Hosts.of(Outgoing(), ["http://orders.example/"])
    resolver = CheckedResolver(hosts, Names("93.184.216.34", "127.0.0.1"))
    assert [found["host"] for found in await resolver.resolve("orders.example", 80)] == ["93.184.216.34"]
    with pytest.raises(CallRefused, match=r"orders\.example is at 127\.0\.0\.1"):
        await resolver.resolve("orders.example", 80)


async def test_other_spellings_of_this_machine_are_refused(company: tuple[Company, int]) -> None:
    for host in ("2130706433", "127.1", "0x7f000001"):
        with pytest.raises((CallRefused, aiohttp.InvalidURL)):
            await call(f"http://{host}:{company[1]}/")
    assert not company[0].asked


async def test_redirects_are_not_followed(company: tuple[Company, int]) -> None:
    answer = await call(f"http://127.0.0.1:{company[1]}/elsewhere")
    assert answer.status == 302
    assert len(company[0].asked) == 1


@pytest.mark.parametrize(("path", "words"), [("large", "more than"), ("bomb", "packed with 'gzip'")])
async def test_an_answer_too_large_is_given_up(company: tuple[Company, int], path: str, words: str) -> None:
    with pytest.raises(CallRefused, match=words):
        await call(f"http://127.0.0.1:{company[1]}/{path}")


async def test_an_answer_that_drips_is_given_up(company: tuple[Company, int]) -> None:
    with pytest.raises(TimeoutError):
        await call(f"http://127.0.0.1:{company[1]}/drip")


async def test_json_nested_without_end_is_no_answer(company: tuple[Company, int]) -> None:
    actions = Actions({"it": Action(url=f"http://127.0.0.1:{company[1]}/deep")}, {})
    with pytest.raises(ActionFailed, match="no JSON object"):
        await actions.run("it", {}, idempotency_key="1")
    await actions.close()


async def test_what_is_set_in_one_call_is_not_sent_with_the_next(company: tuple[Company, int]) -> None:
    url = f"http://127.0.0.1:{company[1]}/cookie"
    caller = Caller(Hosts.of(Outgoing(), [url]))
    for _ in range(2):
        await caller.call("GET", URL(url), timeout_s=1)
    await caller.close()
    assert [request.headers.get("Cookie") for request in company[0].asked] == [None, None]


async def test_calls_are_signed_and_a_change_shows(company: tuple[Company, int]) -> None:
    url = f"http://127.0.0.1:{company[1]}/orders/{{{{ order_number }}}}/address"
    action = Action(url=url, method="POST", body={"address": "{{ address }}"})
    actions = Actions({"it": action}, {}, key="a key of 32 random bytes")
    await actions.run("it", {"order_number": "A 1", "address": "Elm Road 1"}, idempotency_key="1")
    await actions.close()
    [request], [body] = company[0].asked, company[0].bodies
    signed = f"v1:{request.headers['Kefu-Timestamp']}:POST:/orders/A%201/address:".encode() + body
    wanted = "v1=" + hmac.new(b"a key of 32 random bytes", signed, hashlib.sha256).hexdigest()
    assert request.headers["Kefu-Signature"] == wanted
    assert request.raw_path == "/orders/A%201/address"


async def test_without_a_key_nothing_is_signed(company: tuple[Company, int]) -> None:
    await call(f"http://127.0.0.1:{company[1]}/")
    assert not any(name.startswith("Kefu-") for name in company[0].asked[0].headers)


async def test_a_webhook_is_bound_to_the_same_rules(company: tuple[Company, int], caplog: Any) -> None:
    environment = {"ALERTS": f"http://127.0.0.1:{company[1]}/elsewhere?key=s3cret"}
    webhook = Webhook("$ALERTS", key="k", pause_s=0, environment=environment)
    webhook.post({"n": 1})
    await webhook.close_when_done()
    assert "302" in caplog.text
    assert "s3cret" not in caplog.text
    assert all("Kefu-Signature" in request.headers for request in company[0].asked)

    inner = Webhook("http://169.254.169.254/", pause_s=0)
    inner.post({"n": 1})
    await inner.close_when_done()
    assert "169.254.169.254 is a link-local address" in caplog.text


async def test_an_action_says_which_setting_would_allow_its_host(caplog: Any) -> None:
    actions = Actions({"it": Action(url="http://orders.shop/1")}, {}, names=Names("10.0.0.5"))
    with pytest.raises(ActionFailed, match=r"add 'orders.shop' to \[outgoing\] private_hosts of kefu.toml"):
        await actions.run("it", {}, idempotency_key="1")
    await actions.close()
    assert "orders.shop is at 10.0.0.5, a private address" in caplog.text
