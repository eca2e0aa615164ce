"""The webhook: Telegram posts updates to whichever process, and is answered once they are stored."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import cycle
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.channels.telegram.api import ALLOWED_UPDATES
from bot.channels.telegram.webhook import secret_of, webhook_url
from bot.channels.web.app import web_app
from bot.channels.web.hooks import Hooks
from bot.store.store import Store
from tests.bot.channels.fake_bot_api import BAD_GATEWAY, TOKEN, FakeBotApi, too_many
from tests.bot.channels.telegram_desk import QUICK, TelegramDesk, telegram_desk
from tests.bot.channels.test_telegram_faults import MoodyStore

URL = "https://desk.example/chat/telegram"
HEADER = "X-Telegram-Bot-Api-Secret-Token"


@dataclass
class Posted:
    """A process with a webhook, behind its web server."""

    desk: TelegramDesk
    address: str
    hooks: Hooks

    async def post(self, body: bytes, secret: str | None = None) -> int:
        headers = {HEADER: secret_of(TOKEN, URL) if secret is None else secret}
        data = BytesIO(body)
        async with (
            aiohttp.ClientSession() as client,
            client.post(self.address, data=data, headers=headers) as response,
        ):
            return response.status


@asynccontextmanager
async def webhook_desk(folder: Path, api: FakeBotApi, **options: Any) -> AsyncIterator[Posted]:
    async with telegram_desk(folder, api, webhook=True, **options) as desk:
        hooks = Hooks()
        assert desk.channel.webhook is not None
        hooks.put("", desk.channel.webhook.receive)
        app = web_app(desk.engine, desk.store, desk.engine.settings, hooks)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        await desk.channel.username()
        try:
            yield Posted(desk, f"http://127.0.0.1:{runner.addresses[0][1]}/telegram", hooks)
        finally:
            await runner.cleanup()


async def deliver(api: FakeBotApi, *processes: Posted) -> None:
    """Post as Telegram does, through a balancer: all at once, each to the next process, again where it isn't taken."""
    turns = cycle(processes)

    async def post(update: dict[str, Any], to: Posted) -> None:
        while await to.post(json.dumps(update).encode()) != 200:
            to = next(turns)
        api.updates.remove(update)

    await asyncio.gather(*(post(update, next(turns)) for update in list(api.updates)))


async def test_telegram_is_told_where_to_post_what_and_with_which_secret(
    folder: Path, api: FakeBotApi
) -> None:
    api.fail("setWebhook", BAD_GATEWAY, too_many())
    async with webhook_desk(folder, api):
        await api.until(lambda: api.has_webhook)
    told = api.webhook
    assert told["url"] == URL == webhook_url("https://desk.example/chat/", "")
    assert told["allowed_updates"] == list(ALLOWED_UPDATES)
    assert told["secret_token"] == secret_of(TOKEN, URL)
    assert TOKEN not in told["secret_token"]
    assert api.of("getUpdates") == []
    assert api.of("deleteWebhook") == []


async def test_what_is_posted_is_answered(folder: Path, api: FakeBotApi) -> None:
    async with webhook_desk(folder, api) as posted:
        api.say("where is LW-11111")
        [update] = api.updates
        await deliver(api, posted)
        assert await posted.post(json.dumps(update).encode()) == 200  # it was given twice
        assert len(await api.replies(1)) == 1
        async with asyncio.timeout(10):
            while await posted.desk.store.open_updates("telegram"):
                await asyncio.sleep(0.005)


async def test_what_arrives_at_the_same_moment_is_handled_in_telegrams_order(
    folder: Path, api: FakeBotApi
) -> None:
    async with webhook_desk(folder, api) as posted:
        assert posted.desk.channel.webhook is not None
        for number in range(20):
            api.say(f"where is LW-{number:05}")
        arrive = [
            posted.desk.channel.webhook.receive(secret_of(TOKEN, URL), json.dumps(update).encode())
            for update in reversed(api.updates)  # the network has an order of its own
        ]
        assert await asyncio.gather(*arrive) == [200] * 20
        texts = await api.replies(20)
        assert [number for text in texts for number in range(20) if f"LW-{number:05}" in text] == [*range(20)]


@pytest.mark.parametrize("secret", ["", "x", "ö" * 64, "0" * 64])
async def test_who_does_not_know_the_secret_reaches_nothing(
    secret: str, folder: Path, api: FakeBotApi
) -> None:
    async with webhook_desk(folder, api) as posted:
        api.say("where is LW-11111")
        assert await posted.post(json.dumps(api.updates[0]).encode(), secret) == 403
        assert await posted.desk.store.open_updates("telegram") == []


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"\xff", b'{"update_id": "1"}', b'{"update_id": true}', b"[" * 100_000]
)
async def test_what_is_no_update_is_refused(body: bytes, folder: Path, api: FakeBotApi) -> None:
    async with webhook_desk(folder, api) as posted:
        assert await posted.post(body) == 400
        assert await posted.post(b'{"update_id": 1, "poll": {}}') == 200  # of a kind that is nothing to us
        assert await posted.post(b"x" * 2**21) == 413


async def test_an_update_is_acknowledged_only_after_it_is_stored(folder: Path, api: FakeBotApi) -> None:
    async with await MoodyStore.open(f"sqlite:///{folder / 'kefu.db'}") as moody:
        assert isinstance(moody, MoodyStore)
        moody.failing = []
        async with webhook_desk(folder, api, store=moody) as posted:
            moody.failing = ["record_updates"]
            api.say("where is LW-11111")
            assert await posted.post(json.dumps(api.updates[0]).encode()) == 503
            assert api.sent == []
            await deliver(api, posted)
            await api.replies(1)


async def test_a_named_bot_has_an_address_of_its_own(folder: Path, api: FakeBotApi) -> None:
    async with webhook_desk(folder, api) as posted:
        api.say("where is LW-11111")
        shop = replace(posted, address=f"{posted.address}/shop")
        body = json.dumps(api.updates[0]).encode()
        assert await shop.post(body) == 404
        assert posted.desk.channel.webhook is not None
        posted.hooks.put("shop", posted.desk.channel.webhook.receive)
        assert await shop.post(body) == 200


async def test_a_process_that_stops_takes_no_more(folder: Path, api: FakeBotApi) -> None:
    async with webhook_desk(folder, api) as posted:
        await posted.desk.channel.finish()
        api.say("where is LW-11111")
        assert await posted.post(json.dumps(api.updates[0]).encode()) == 503
        posted.hooks.remove("")
        assert await posted.post(json.dumps(api.updates[0]).encode()) == 404


async def test_going_back_to_polling_removes_the_webhook(folder: Path, api: FakeBotApi) -> None:
    async with webhook_desk(folder, api):
        await api.until(lambda: api.has_webhook)
    async with telegram_desk(folder, api):
        api.say("where is LW-11111")
        await api.replies(1)
        assert not api.has_webhook


async def test_what_was_stored_and_not_handled_is_handled_after_a_restart(
    folder: Path, api: FakeBotApi
) -> None:
    api.say("where is LW-11111")
    async with await Store.open(f"sqlite:///{folder / 'kefu.db'}") as store:
        update = api.updates.pop()
        await store.record_updates("telegram", [(str(update["update_id"]), update)])
    async with webhook_desk(folder, api):
        await api.replies(1)


@asynccontextmanager
async def processes(
    n: int, folder: Path, api: FakeBotApi, url: str, **options: Any
) -> AsyncIterator[list[Posted]]:
    """Several processes on one PostgreSQL."""
    async with AsyncExitStack() as stack:
        made = []
        for _ in range(n):
            store = await stack.enter_async_context(await Store.open(url))
            made.append(await stack.enter_async_context(webhook_desk(folder, api, store=store, **options)))
        yield made


async def test_updates_spread_over_processes_are_answered_once_and_in_order_within_a_chat(
    folder: Path, api: FakeBotApi, shared: str
) -> None:
    chats, n_each = range(1, 9), 6
    async with processes(2, folder, api, shared, takes_s=0.01) as both:
        for number in range(n_each):
            for chat in chats:
                api.say(f"where is LW-{chat:02}{number:03}", chat=chat)
            await deliver(api, *both)
        for chat in chats:
            texts = await api.replies(n_each, chat)
            found = [
                number for text in texts for number in range(n_each) if f"LW-{chat:02}{number:03}" in text
            ]
            assert found == list(range(n_each))
        assert len(api.of("setWebhook")) == 1


async def test_what_a_process_left_is_taken_up_by_another(folder: Path, api: FakeBotApi, shared: str) -> None:
    async with await Store.open(shared) as gone:  # it stored an update, took a reply in hand, and died
        async with telegram_desk(folder, api, webhook=True, store=gone, tempo=replace(QUICK, drain_s=0.0)):
            pass
        api.say("where is LW-11111")
        update = api.updates.pop()
        await gone.record_updates("telegram", [(str(update["update_id"]), update)])
    async with processes(1, folder, api, shared):
        await api.replies(1)
