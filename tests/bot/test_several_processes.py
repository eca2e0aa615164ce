"""Several `kefu serve` on one PostgreSQL, behind what a load balancer does at its worst: each message to another one."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select

from bot.channels.web.conversations import conversation_of
from bot.news import News
from bot.settings import load_settings
from bot.staffing import Staffing
from bot.store.store import Store
from bot.store.tables.log import conversations
from tests.bot.channels.fake_bot_api import TOKEN as TELEGRAM_TOKEN
from tests.bot.channels.fake_bot_api import bot_api
from tests.bot.channels.web_desk import TOKEN, Tab
from tests.bot.console.console_desk import FAST, PASSWORD, Browser
from tests.bot.store.postgres import run
from tests.shop_desk import Served, copy_shop, free_port, run_kefu, serving

CUSTOMERS, AT_ONCE = 60, 20
WITHIN_S = 30.0  # on a busy machine; tests/bot/test_hearing.py says what is not waited for
NO_LIMIT = "\n[web]\nrequests_per_minute = 1000000\n"


@pytest.fixture
def shop(shop: Path) -> Path:
    settings = shop / "kefu.toml"
    settings.write_text(settings.read_text("utf-8") + NO_LIMIT, "utf-8")
    return shop


@asynccontextmanager
async def two(shop: Path, url: str, **variables: str) -> AsyncIterator[tuple[Served, Served]]:
    ports = free_port(), free_port()
    async with (
        serving(shop, "--port", str(ports[0]), KEFU_DATABASE_URL=url, **variables) as one,
        serving(shop, "--port", str(ports[1]), KEFU_DATABASE_URL=url, **variables) as other,
    ):
        for port, served in zip(ports, (one, other), strict=True):
            served.url = f"http://127.0.0.1:{port}/"  # also where customers reach it elsewhere
        yield one, other


def does(served: Served, work: str) -> bool:
    return f"process {served.process.pid} does the work called {work}\n" in served.log


@pytest.mark.slow
async def test_messages_that_alternate_between_processes_are_answered_once_in_order_and_with_what_was_said(
    shop: Path, shared: str
) -> None:
    """A question at one process, the value it asks for at the other, then three messages at once."""
    failures: list[Any] = []

    async def talk(one: Served, other: Served, name: str) -> None:
        greeted = await one.post("hello", name, 1)
        asked = await other.post("where is my order", name, 2)
        given = await one.post("LW-10023", name, 3)
        if (asked["decision"]["kind"], given["decision"]["answer_id"]) != ("ask", "order_status_shipped"):
            failures.append((greeted, asked, given))
        answers = await asyncio.gather(
            one.post("thanks", name, 4),
            other.post("hi", name, 5),
            other.post("thanks", name, 4),  # sent again, as a client does that heard nothing
        )
        if sorted(answer["is_repeat"] for answer in answers) != [False, False, True]:
            failures.append(answers)
        if answers[0]["replies"] != answers[2]["replies"]:
            failures.append(answers)

    async with two(shop, shared) as served:
        for begin in range(0, CUSTOMERS, AT_ONCE):
            names = [f"c{number}" for number in range(begin, begin + AT_ONCE)]
            await asyncio.gather(*(talk(*served[:: (-1) ** n], name) for n, name in enumerate(names)))
        assert failures == []
        await check_log(shared, CUSTOMERS, n_turns=5)


async def check_log(url: str, n_customers: int, *, n_turns: int) -> None:
    """Each message is there once, with its answer, and the first three are in the order they were sent."""
    async with await Store.open(url, exclusive=False) as store:
        for number in range(n_customers):
            lines = await store.transcript(f"web:c{number}")
            assert [line.speaker for line in lines] == ["customer", "bot"] * n_turns
            assert [line.external_id for line in lines[:6:2]] == ["1", "2", "3"]
        query = select(conversations.c.state)
        states = await store._database.read(lambda connection: connection.execute(query).scalars().all())
    # One that was computed from what the conversation remembered before another's turn would be missing here.
    assert [state["turns"] for state in states] == [n_turns] * n_customers


@pytest.mark.slow
async def test_connections_that_end_again_and_again_lose_nothing_and_double_nothing(
    shop: Path, shared: str
) -> None:
    texts = ("hello", "where is my order", "LW-10023", "thanks", "hi")

    async def send(served: Served, text: str, name: str, number: int) -> Any:
        """As a client does: again, with the same id, until it is answered."""
        while True:
            with suppress(AssertionError):  # 503
                return await served.post(text, name, number)
            await asyncio.sleep(0.1)

    async def talk(served: tuple[Served, Served], name: str) -> None:
        for number, text in enumerate(texts, 1):
            answer = await send(served[number % 2], text, name, number)
            answers[name, number] = answer["decision"]["answer_id"]

    answers: dict[tuple[str, int], str | None] = {}
    async with two(shop, shared) as served:
        talks = [asyncio.create_task(talk(served, f"c{number}")) for number in range(AT_ONCE)]
        for n_answered in range(10, 10 + 12 * 7, 7):
            await served[0].until(lambda n=n_answered: len(answers) >= n)  # type: ignore[misc]
            await end_sessions(shared)
        await asyncio.gather(*talks)
        assert {answers[f"c{number}", 3] for number in range(AT_ONCE)} == {"order_status_shipped"}
        await check_log(shared, AT_ONCE, n_turns=5)


async def end_sessions(url: str) -> None:
    """Have PostgreSQL end all that the processes have open, as a restart does."""
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    await run(url, f"{ended} AND pid <> pg_backend_pid()")


async def test_what_is_said_in_one_process_reaches_a_browser_at_the_other(shop: Path, shared: str) -> None:
    async with two(shop, shared) as (one, other):
        name = conversation_of(TOKEN)
        async with other.client.ws_connect(f"{other.url}ws") as opened, asyncio.timeout(WITHIN_S):
            tab = Tab(opened)
            await opened.send_json({"type": "hello", "token": TOKEN, "after": 0})
            await tab.next("transcript")
            answer = await one.post("can I talk to a person please", name, 1)
            said = [("customer", "can I talk to a person please")]
            said += [("bot", reply["text"]) for reply in answer["replies"]]
            lines = await tab.lines(len(said))
            assert [(line["speaker"], line["text"]) for line in lines] == said

            async with await Store.open(shared, exclusive=False) as store:  # as a third process would
                staff_id = await store.accounts.add("anna@desk.example", "Anna", "agent")
                [row] = await store.inbox.conversations("waiting", staff_id)
                staffing = Staffing(store, load_settings(shop), News())
                for number in range(3):
                    await staffing.say(row.id, staff_id, f"line {number}")
            assert [line["text"] for line in await tab.lines(3)] == ["line 0", "line 1", "line 2"]


async def test_a_page_of_the_console_at_one_process_hears_of_a_turn_at_the_other(
    shop: Path, shared: str
) -> None:
    async with two(shop, shared) as (one, other):
        async with await Store.open(shared, exclusive=False) as store:
            await store.accounts.add("anna@desk.example", "Anna", "agent", FAST.hash(PASSWORD))
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
            anna = Browser(client, f"{other.url}console")
            assert (await anna.sign_in("anna@desk.example")).status == 303
            async with client.get(f"{anna.url}/live?seen=0.0.0") as stream, asyncio.timeout(WITHIN_S):
                assert await stream.content.readline() == b"retry: 2000\n"
                await one.post("hello", "ben", 1)
                while await stream.content.readline() != b"event: inbox\n":
                    pass


async def test_a_correction_is_known_to_every_process_at_once(shop: Path, shared: str) -> None:
    slang = "yo wheres me clobber at"
    async with two(shop, shared) as both:
        command = ("correct", "-w", str(shop), slang, "--intent", "order_status")
        taught = await asyncio.to_thread(run_kefu, *command, KEFU_DATABASE_URL=shared)
        assert taught.returncode == 0, taught.stderr
        for number, served in enumerate(both):
            numbers = itertools.count(1)
            async with asyncio.timeout(WITHIN_S):
                while True:
                    answer = await served.post(slang, f"c{number}", next(numbers))
                    if answer["decision"]["intent"] == "order_status":
                        break
                    await served.post("/start", f"c{number}", next(numbers))


async def test_when_the_process_that_does_the_scheduled_work_is_killed_the_other_goes_on(
    shop: Path, shared: str, tmp_path: Path
) -> None:
    async with two(shop, shared) as (one, other):
        await one.until(lambda: does(one, "scheduled") or does(other, "scheduled"))
        first, second = (one, other) if does(one, "scheduled") else (other, one)
        assert not does(second, "scheduled")

        await first.kill()

        await second.until(lambda: does(second, "scheduled"))
        assert (await second.post("hello"))["decision"]["answer_id"] == "greeting"


async def test_when_the_process_that_polls_telegram_is_killed_the_other_polls(
    trained_shop: Path, orders: str, shared: str, tmp_path: Path
) -> None:
    async with bot_api() as api:
        telegram = f'\n[telegram]\nbase_url = "{api.base_url}"\npoll_timeout_s = 1\n'
        shop = copy_shop(trained_shop, tmp_path / "shop", orders, telegram)
        async with two(shop, shared, TELEGRAM_BOT_TOKEN=TELEGRAM_TOKEN) as (one, other):
            api.say("where is my order LW-10023")
            await api.replies(1)
            polls = [served for served in (one, other) if does(served, "telegram 123456")]
            assert len(polls) == 1
            await polls[0].kill()

            api.say("where is my order LW-10024")
            assert "LW-10024" in (await api.replies(2))[1]


async def test_telegram_posts_to_any_process(
    trained_shop: Path, orders: str, shared: str, tmp_path: Path
) -> None:
    async with bot_api() as api:
        telegram = f'\n[telegram]\nbase_url = "{api.base_url}"\nwebhook = true\n'
        public = '\n[web]\npublic_url = "https://desk.example"\n'
        shop = copy_shop(trained_shop, tmp_path / "shop", orders, telegram + public)
        async with two(shop, shared, TELEGRAM_BOT_TOKEN=TELEGRAM_TOKEN) as both:
            await api.until(lambda: api.has_webhook)
            secret = {"X-Telegram-Bot-Api-Secret-Token": api.webhook["secret_token"]}
            for number, served in enumerate((*both, *both)):
                api.say(f"where is my order LW-1002{number}")
                address = f"{served.url}telegram"
                async with served.client.post(address, json=api.updates.pop(), headers=secret) as taken:
                    assert taken.status == 200
                assert f"LW-1002{number}" in (await api.replies(number + 1))[number]
