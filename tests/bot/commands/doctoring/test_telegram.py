"""The bot on Telegram, by a server that speaks the Bot API."""

import asyncio
import time
from collections.abc import AsyncIterator
from email.utils import formatdate
from pathlib import Path

import pytest
from aiohttp import web

from tests.bot.channels.fake_bot_api import (
    BAD_GATEWAY,
    CUT,
    GARBAGE,
    HANG,
    NO_RESULT,
    TOKEN,
    FakeBotApi,
    Fault,
    bot_api,
)
from tests.bot.commands.doctoring.conftest import set_up
from tests.bot.commands.doctoring.examined import examined, finding


class Elsewhen(FakeBotApi):
    """Its clock is half a minute ahead."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        response = await super().handle(request)
        response.headers["Date"] = formatdate(time.time() + 30, usegmt=True)
        return response


@pytest.fixture
async def api() -> AsyncIterator[FakeBotApi]:
    async with bot_api() as server:
        yield server


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch, desk: Path) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)


async def found(desk: Path, api: FakeBotApi, level: str) -> dict[str, str]:
    set_up(desk, f'[telegram]\nbase_url = "{api.base_url}"\n')
    return await asyncio.to_thread(finding, desk, "telegram", level)


async def test_the_bot_is_named(desk: Path, api: FakeBotApi) -> None:
    assert (await found(desk, api, "fine"))["text"] == "@Kefu_bot"


async def test_a_refused_token_is_a_fault_and_is_not_shown(desk: Path, api: FakeBotApi) -> None:
    api.token = "1:other"
    told = await found(desk, api, "fault")
    assert "refuses the token" in told["text"]
    assert TOKEN not in str(told)


async def test_what_is_no_token_is_never_sent(
    desk: Path, api: FakeBotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "secret")
    set_up(desk, f'[telegram]\nbase_url = "{api.base_url}"\n')
    told = await asyncio.to_thread(finding, desk, "settings", "fault")
    assert "TELEGRAM_BOT_TOKEN is no token" in told["text"]
    assert "secret" not in str(told)
    assert api.calls == []


@pytest.mark.parametrize("fault", [BAD_GATEWAY, CUT, GARBAGE, NO_RESULT, HANG])
@pytest.mark.parametrize("method", ["getMe", "getWebhookInfo"])
async def test_a_telegram_that_gives_no_answer_is_a_fault_within_the_time(
    desk: Path, api: FakeBotApi, monkeypatch: pytest.MonkeyPatch, fault: Fault, method: str
) -> None:
    monkeypatch.setattr("bot.commands.doctoring.telegram.PATIENCE_S", 0.5)
    api.fail(method, fault)
    told = await found(desk, api, "fault")
    assert "base_url" in told["remedy"]
    assert TOKEN not in str(told)


async def test_updates_that_pile_up_are_a_warning(desk: Path, api: FakeBotApi) -> None:
    for _ in range(101):
        api.push()
    assert "101 updates wait" in (await found(desk, api, "warning"))["text"]


async def levels(desk: Path, api: FakeBotApi, public_url: str = "") -> list[tuple[str, str]]:
    """Level and text of all that is found; with a webhook where there is a public address."""
    set_up(desk, f'[telegram]\nbase_url = "{api.base_url}"\nwebhook = {str(bool(public_url)).lower()}\n')
    if public_url:
        path = desk / "kefu.toml"
        path.write_text(path.read_text().replace("[web]\n", f'[web]\npublic_url = "{public_url}"\n', 1))
    _, told = await asyncio.to_thread(examined, desk)
    return [
        (one["level"], one["text"]) for one in told if one["check"] == "telegram" and one["level"] != "fine"
    ]


async def test_a_webhook_that_fails_is_a_warning_with_telegrams_reason(desk: Path, api: FakeBotApi) -> None:
    api.webhook = {
        "url": "https://desk.example/telegram",
        "last_error_date": int(time.time()),
        "last_error_message": "SSL error",
    }
    told = "Telegram could not deliver to https://desk.example/telegram: SSL error"
    assert await levels(desk, api, "https://desk.example/") == [("warning", told)]


async def test_a_webhook_as_it_should_be_is_fine(desk: Path, api: FakeBotApi) -> None:
    kinds = ["message", "edited_message", "callback_query", "my_chat_member", "poll"]
    for more in ({}, {"allowed_updates": kinds}):
        api.webhook = {"url": "https://desk.example/telegram", **more}
        assert await levels(desk, api, "https://desk.example") == []


async def test_kinds_of_updates_that_telegram_leaves_out_are_named(desk: Path, api: FakeBotApi) -> None:
    api.webhook = {"url": "https://desk.example/telegram", "allowed_updates": ["message", "my_chat_member"]}
    assert await levels(desk, api, "https://desk.example") == [
        ("warning", "Telegram leaves out updates of the kinds edited_message, callback_query")
    ]


@pytest.mark.parametrize("url", ["", f"https://other.example/{TOKEN}"])
async def test_a_webhook_that_is_not_set_or_anothers_is_a_warning(
    url: str, desk: Path, api: FakeBotApi
) -> None:
    api.webhook = {"url": url}
    [(level, text)] = await levels(desk, api, "https://desk.example")
    assert level == "warning"
    assert "wanted https://desk.example/telegram" in text
    assert "at other.example" in text if url else "has no webhook" in text
    assert TOKEN not in text


async def test_a_webhook_while_the_desk_asks_for_updates_is_a_warning(desk: Path, api: FakeBotApi) -> None:
    api.webhook = {"url": f"https://other.example/{TOKEN}", "last_error_date": int(time.time())}
    [(first, text), (second, failed)] = await levels(desk, api)
    assert (first, second) == ("warning", "warning")
    assert text.startswith("Telegram posts updates to other.example, while kefu.toml has no webhook")
    assert failed == "Telegram could not deliver to other.example: no reason given"


async def test_a_port_that_telegram_does_not_post_to_is_a_fault(desk: Path, api: FakeBotApi) -> None:
    api.webhook = {"url": "https://desk.example:9000/telegram"}
    [(level, text)] = await levels(desk, api, "https://desk.example:9000")
    assert (level, "the ports 443, 80, 88, 8443 alone" in text) == ("fault", True)


@pytest.mark.parametrize(
    "hook", [{"url": 5}, {"url": "https://[x/"}, {"pending_update_count": "many"}, {"allowed_updates": 1}]
)
async def test_nonsense_in_place_of_a_webhook_is_no_crash(
    hook: dict[str, object], desk: Path, api: FakeBotApi
) -> None:
    api.webhook = hook
    assert all(level == "warning" for level, _ in await levels(desk, api, "https://desk.example"))


async def test_a_failure_of_the_day_before_yesterday_is_not_told(desk: Path, api: FakeBotApi) -> None:
    api.webhook = {"url": "https://desk.example/telegram", "last_error_date": int(time.time()) - 200_000}
    assert await levels(desk, api, "https://desk.example") == []


async def test_a_clock_apart_from_telegrams_is_a_fault(desk: Path) -> None:
    async with bot_api(api=Elsewhen()) as api:
        assert "behind Telegram's" in (await found(desk, api, "fault"))["text"]


def test_without_a_token_telegram_is_off(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TELEGRAM_BOT_TOKEN")
    assert finding(desk, "telegram", "fine")["text"].startswith("off")
