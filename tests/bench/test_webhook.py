"""The Bot API that the benchmark plays is one that the desk can speak with."""

import aiohttp

from bench.webhook import TOKEN, bot_api
from bot.channels.telegram.api import TelegramBot


async def test_what_is_asked_of_telegram_is_answered_as_telegram_does() -> None:
    async with bot_api() as base_url, TelegramBot(TOKEN, base_url=base_url) as bot:
        assert (await bot.get_me()).username == "kefu_bot"
        first, second = [await bot.send_message(7, "hello") for _ in range(2)]
        assert first.chat.id == 7
        assert first.message_id != second.message_id
        assert await bot.set_webhook("https://desk.example/telegram")


async def test_another_token_is_refused() -> None:
    async with (
        bot_api() as base_url,
        aiohttp.ClientSession() as session,
        session.post(f"{base_url}1:other/getMe") as response,
    ):
        assert response.status == 404
