"""Several bots at one desk, and several processes with one bot."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.channels.telegram.place import Place, channel_of
from bot.channels.telegram.webhook import secret_of, webhook_url
from bot.desk import beside
from bot.naming import channel_name
from bot.secrets.bots import BotToken, telegram_bots
from bot.settings import SettingsError, load_settings
from bot.staffing import Staffing
from bot.store.inbox.finding import Asked
from bot.store.store import Store
from tests.bot.channels.fake_bot_api import FakeBotApi, bot_apis
from tests.bot.channels.telegram_desk import TelegramDesk, telegram_desk
from tests.bot.store.told import message, tell

SHOP = BotToken("shop", "SHOP_TOKEN")
SHOP_TOKEN = "654321:BBF-another_Token"


@asynccontextmanager
async def two_bots(folder: Path, **options: Any) -> AsyncIterator[tuple[TelegramDesk, TelegramDesk]]:
    """The bot without a name and the one called shop, at one desk."""
    one, other = FakeBotApi(), FakeBotApi(token=SHOP_TOKEN)
    async with (
        bot_apis(one, other),
        telegram_desk(folder, one, **options) as desk,
        telegram_desk(folder, other, store=desk.store, token=SHOP_TOKEN, account=SHOP, **options) as shop,
    ):
        yield desk, shop


async def test_the_same_chat_with_two_bots_is_two_conversations_each_answered_by_its_own(
    folder: Path,
) -> None:
    async with two_bots(folder) as (desk, shop):
        desk.api.say("Where is my parcel?")
        [update] = desk.api.updates
        shop.api.say("I want to return something", update_id=update["update_id"])  # by the same numbers

        assert len(await desk.api.replies(1)) == len(await shop.api.replies(1)) == 1
        desk.api.say("LW-11111")
        shop.api.say("LW-22222")

        assert "LW-11111" in (await desk.api.replies(2))[1]
        assert "Which product?" in (await shop.api.replies(2))[1]
        assert [line.text for line in await desk.store.transcript("telegram:7")][::2] == [
            "Where is my parcel?", "LW-11111",
        ]  # fmt: skip
        assert [line.text for line in await desk.store.transcript("telegram.shop:7")][::2] == [
            "I want to return something", "LW-22222",
        ]  # fmt: skip


async def test_what_a_person_says_leaves_by_the_bot_that_was_written_to(folder: Path) -> None:
    async with two_bots(folder) as (desk, shop):
        shop.api.say("a human please")
        await shop.api.replies(1)
        staff_id = await desk.store.accounts.add("anna@desk.example", "Anna", "agent")
        [row] = await desk.store.inbox.conversations("waiting", staff_id)
        assert channel_name(row.channel) == "Telegram (shop)"

        await Staffing(desk.store, desk.engine.settings, desk.engine.news).say(row.id, staff_id, "Anna here")

        assert (await shop.api.replies(2))[1] == "Anna here"
        await desk.api.silence()


async def test_who_blocks_or_is_forgotten_by_one_bot_is_still_known_to_the_other(folder: Path) -> None:
    async with two_bots(folder) as (desk, shop):
        for api in (desk.api, shop.api):
            api.say("where is LW-11111")
            await api.replies(1)
        await shop.store.mark_blocked("telegram.shop:7")
        desk.api.say("where is LW-22222")
        await desk.api.replies(2)

        await desk.store.forget("telegram:7")
        assert await desk.store.transcript("telegram:7") == []
        assert len(await desk.store.transcript("telegram.shop:7")) == 2


async def test_a_group_of_a_named_bot_that_moves_keeps_its_conversation(folder: Path) -> None:
    async with two_bots(folder) as (_, shop):
        shop.api.say("@Kefu_bot where is LW-11111", chat=-5)
        await shop.api.replies(1, -5)
        shop.api.say(None, chat=-5, migrate_to_chat_id=-1005)
        await shop.api.until(lambda: not shop.api.updates)
        async with asyncio.timeout(10):
            while not await shop.store.transcript("telegram.shop:-1005"):
                await asyncio.sleep(0.005)


async def test_a_search_for_telegram_finds_all_of_its_bots(log: Store) -> None:
    for channel in ("telegram", "telegram.shop", "telegraph"):
        await tell(log, message("the blue bench", channel=channel, conversation_key=f"{channel}:1"))
    rows, _ = await log.inbox.search(Asked(words="bench", channel="telegram"))
    assert {row.channel for row in rows} == {"telegram", "telegram.shop"}


def test_keys_of_the_bot_without_a_name_are_what_they_were() -> None:
    assert (channel_of(""), channel_of("shop")) == ("telegram", "telegram.shop")
    assert Place(7).key == "telegram:7"
    assert Place.of("telegram:-5:3").key == "telegram:-5:3"
    assert Place.of("telegram.shop:-5:3").key == "telegram.shop:-5:3"


def test_each_bot_has_an_address_and_a_secret_of_its_own() -> None:
    urls = [webhook_url("https://desk.example", name) for name in ("", "shop")]
    assert urls == ["https://desk.example/telegram", "https://desk.example/telegram/shop"]
    secrets = {secret_of(token, url) for token in ("1:a", "1:b") for url in urls}
    assert len(secrets) == 4


def toml(folder: Path, text: str) -> Path:
    (folder / "kefu.toml").write_text(text, "utf-8")
    return folder


def test_tokens_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = toml(tmp_path, '[telegram.bots.shop]\ntoken_env = "SHOP_TOKEN"\n')
    monkeypatch.delenv("TELEGRAM_BOT_TOKEN", raising=False)
    monkeypatch.delenv("SHOP_TOKEN", raising=False)
    settings = load_settings(folder)
    with pytest.raises(
        SettingsError, match=r"telegram\.bots\.shop.token_env: the environment variable SHOP_TOKEN"
    ):
        _ = telegram_bots(settings)
    monkeypatch.setenv("SHOP_TOKEN", SHOP_TOKEN)
    assert telegram_bots(settings) == (SHOP,)
    assert SHOP_TOKEN not in repr(telegram_bots(settings))
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", SHOP_TOKEN)
    with pytest.raises(SettingsError, match="holds the token of TELEGRAM_BOT_TOKEN's bot"):
        _ = telegram_bots(settings)


@pytest.mark.parametrize("name", ["Shop", "a.b", "a:b", "1", "x" * 33])
def test_a_name_that_would_not_fit_into_a_key_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"telegram.bots"):
        load_settings(toml(tmp_path, f'[telegram.bots."{name}"]\ntoken_env = "T"\n'))


def test_a_webhook_needs_an_address_that_telegram_can_post_to(tmp_path: Path) -> None:
    for url in ("", "http://desk.example"):
        text = f'[telegram]\nwebhook = true\n[web]\npublic_url = "{url}"\n'
        with pytest.raises(SettingsError, match=r"telegram\.webhook: met true, .*https://; wanted"):
            load_settings(toml(tmp_path, text))
    load_settings(toml(tmp_path, '[telegram]\nwebhook = true\n[web]\npublic_url = "https://desk.example"\n'))


@asynccontextmanager
async def process(folder: Path, api: FakeBotApi, url: str) -> AsyncIterator[TelegramDesk]:
    """One of several processes on a PostgreSQL."""
    async with await Store.open(url) as store, telegram_desk(folder, api, store=store) as desk:
        yield desk


async def test_of_two_processes_with_one_token_one_polls_and_the_other_takes_over(
    folder: Path, api: FakeBotApi, shared: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with AsyncExitStack() as first, AsyncExitStack() as second:
        one = await first.enter_async_context(process(folder, api, shared))
        api.say("where is LW-11111")
        await api.replies(1)
        other = await second.enter_async_context(process(folder, api, shared))
        await other.channel.username()
        api.say("where is LW-22222")
        await api.replies(2)

        # What staff say at the one that doesn't poll leaves by the one that does.
        staff_id = await other.store.accounts.add("anna@desk.example", "Anna", "agent")
        conversation = await other.store.conversation(message(chat="7"))
        staffing = Staffing(other.store, other.engine.settings, other.engine.news)
        await staffing.say(conversation.id, staff_id, "Anna here")
        assert (await api.replies(3))[2] == "Anna here"
        await staffing.give_back(conversation.id, staff_id)
        await api.replies(4)
        assert (one.understander.read, other.understander.read) == (
            ["where is LW-11111", "where is LW-22222"],
            [],
        )

        await first.aclose()
        api.say("where is LW-33333")
        assert "LW-33333" in (await api.replies(5))[4]
        assert other.understander.read == ["where is LW-33333"]
    assert "another program asks Telegram" not in caplog.text


async def test_replies_a_process_had_in_hand_when_it_died_are_sent_by_another(shared: str) -> None:
    async with await Store.open(shared) as alive:
        async with await Store.open(shared) as dead:
            await tell(dead, message())
            [reply] = await dead.undelivered("telegram")
            assert await dead.mark_sending(reply.message_id)
        assert await alive.undelivered("telegram") == []
        async with beside(alive.peers.run(lambda news: None)), asyncio.timeout(10):
            while not await alive.put_back_left("telegram", since_s=0.0):
                await asyncio.sleep(0.01)
        [again] = await alive.undelivered("telegram")
        assert (again.message_id, again.attempts) == (reply.message_id, 1)
        assert await alive.put_back_left("telegram", since_s=0.0) == 0
