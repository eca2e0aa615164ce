"""Two `kefu serve` on one PostgreSQL behind a real nginx with docker/nginx.conf."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.channels.web.conversations import conversation_of
from bot.store.store import Store
from tests.bot.console.console_desk import FAST, PASSWORD, Browser
from tests.docker import nginx
from tests.shop_desk import Served, free_port, serving

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(nginx.PROGRAM is None, reason="nginx is not installed; apt-get install nginx-light"),
]

KEY = "k" * 32
SAID = 12
BEHIND = '\n[web]\ntrusted_proxies = ["127.0.0.1"]\nrequests_per_minute = {limit}\n'
PATIENCE_S = 60.0


@dataclass
class Site:
    """What is reached at `url`, and the desks that do the work."""

    url: str
    desks: tuple[Served, Served]
    database: str
    folder: Path

    def by(self) -> list[int]:
        """How many requests each desk answered."""
        log = (self.folder / "access.log").read_text("utf-8")
        return [log.count(f"by {desk.url.removeprefix('http://').rstrip('/')} ") for desk in self.desks]


@asynccontextmanager
async def site(shop: Path, database: str, folder: Path, *, limit: int = 100_000) -> AsyncIterator[Site]:
    settings = shop / "kefu.toml"
    settings.write_text(settings.read_text("utf-8") + BEHIND.format(limit=limit), "utf-8")
    ports, port = (free_port(), free_port()), free_port()
    conf = nginx.configure(folder, port, (f"127.0.0.1:{ports[0]}", f"127.0.0.1:{ports[1]}"))
    variables = {"KEFU_DATABASE_URL": database, "KEFU_API_KEY": KEY}
    async with (
        serving(shop, "--port", str(ports[0]), **variables) as one,
        serving(shop, "--port", str(ports[1]), **variables) as other,
    ):
        with nginx.running(conf, port):
            yield Site(f"http://127.0.0.1:{port}/", (one, other), database, folder)


def client_from(address: str) -> aiohttp.ClientSession:
    """A client with an address of its own, so that nginx counts it by itself."""
    connector = aiohttp.TCPConnector(local_addr=(address, 0))
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.CookieJar(unsafe=True),
        headers={"Authorization": f"Bearer {KEY}"},
    )


async def talk_over_socket(place: Site, number: int, said: list[int]) -> None:
    """As the chat page does: one message after the other, each kept until it is confirmed, coming back when sent away."""
    token, after, n = f"{number:043}", 0, 1
    async with client_from(f"127.0.1.{number + 1}") as client:
        while n <= SAID:
            with suppress(aiohttp.ClientError, TypeError, ValueError):
                async with client.ws_connect(
                    f"{place.url}ws", headers={"Origin": place.url.rstrip("/")}
                ) as socket:
                    await socket.send_json({"type": "hello", "token": token, "after": after})
                    while n <= SAID:
                        frame = {
                            "type": "message",
                            "client_message_id": str(n),
                            "text": f"where is LW-1{number:02}{n:02}",
                        }
                        await socket.send_json(frame)
                        answered = False
                        while not answered:
                            received = await socket.receive_json(timeout=PATIENCE_S)
                            assert received["type"] != "error", received
                            lines = received.get("messages", [])
                            after = lines[-1]["id"] if lines else after
                            answered = any(line["speaker"] == "bot" for line in lines)
                        said.append(n)
                        n += 1
            await asyncio.sleep(0.05)


async def talk_over_rest(place: Site, number: int, said: list[int]) -> None:
    """Each message is sent once: whatever is not a 200 fails."""
    async with client_from(f"127.0.2.{number + 1}") as client:
        for n in range(1, SAID + 1):
            body = {"conversation": f"r{number}", "client_message_id": str(n), "text": "hello"}
            async with client.post(f"{place.url}api/v1/messages", json=body) as response:
                assert response.status == 200, await response.text()
            said.append(n)


async def test_a_desk_that_stops_while_customers_talk_costs_them_no_message(
    shop: Path, shared: str, tmp_path: Path
) -> None:
    said: list[int] = []
    async with site(shop, shared, tmp_path) as place:
        talks = [talk_over_socket(place, n, said) for n in range(6)] + [
            talk_over_rest(place, n, said) for n in range(6)
        ]
        under_way = asyncio.gather(*talks)
        await place.desks[0].until(lambda: len(said) > 12 * SAID // 3 or under_way.done())
        assert not under_way.done(), under_way.exception()
        assert await place.desks[0].stop() == 0
        n_said = len(said)
        await asyncio.wait_for(under_way, PATIENCE_S)
        assert n_said < len(said) == 12 * SAID
        assert all(place.by()), "both took part"
        assert "Traceback" not in place.desks[0].log

        async with await Store.open(shared, exclusive=False) as store:
            names = [conversation_of(f"{n:043}") for n in range(6)] + [f"r{n}" for n in range(6)]
            for name in names:
                lines = await store.transcript(f"web:{name}")
                ids = [line.external_id for line in lines if line.speaker == "customer"]
                assert ids == [str(n) for n in range(1, SAID + 1)]
                assert [line.speaker for line in lines] == ["customer", "bot"] * SAID


async def test_news_of_the_console_pass_at_once_and_the_page_comes_back_from_the_other_desk(
    shop: Path, shared: str, tmp_path: Path
) -> None:
    async with site(shop, shared, tmp_path) as place, client_from("127.0.3.1") as staff:
        async with await Store.open(shared, exclusive=False) as store:
            await store.accounts.add("anna@desk.example", "Anna", "agent", FAST.hash(PASSWORD))
        assert (await Browser(staff, f"{place.url}console").sign_in("anna@desk.example")).status == 303
        for desk in range(2):
            async with staff.get(
                f"{place.url}console/live", headers={"Accept": "text/event-stream"}
            ) as events:
                assert events.status == 200
                assert events.content_type == "text/event-stream"
                async with asyncio.timeout(10):
                    assert (await events.content.readline()).startswith(b"retry:")
                    async with client_from("127.0.3.2") as customer:
                        await ask_for_a_person(customer, place.url, f"c{desk}")
                    while b"event: inbox" not in (line := await events.content.readline()):
                        assert line, "the stream ended"
            if desk == 0:
                assert await place.desks[0].stop() == 0


async def ask_for_a_person(customer: aiohttp.ClientSession, url: str, name: str) -> Any:
    body = {"conversation": name, "client_message_id": "1", "text": "can I talk to a person please"}
    async with customer.post(f"{url}api/v1/messages", json=body) as response:
        assert response.status == 200
        return await response.json()


async def test_each_client_is_limited_by_its_own_address_whatever_it_claims(
    shop: Path, shared: str, tmp_path: Path
) -> None:
    async with (
        site(shop, shared, tmp_path, limit=3) as place,
        client_from("127.0.4.1") as one,
        client_from("127.0.4.2") as other,
    ):
        met = []
        for n in range(8):  # twice three for two desks, and then some
            headers = {"X-Forwarded-For": f"192.0.2.{n}"}
            async with one.get(f"{place.url}api/v1/conversations/x", headers=headers) as response:
                met.append(response.status)
        assert 429 in met
        async with other.get(f"{place.url}api/v1/conversations/x") as response:
            assert response.status == 404
