"""The bot on Telegram: known there, and with nothing in the way of its updates."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from bot.commands.doctoring.database import beside
from bot.commands.doctoring.findings import Finding, Level, fault, fine
from bot.commands.doctoring.webhook import webhook
from bot.errors import BotError
from bot.secrets.bots import TOKEN, BotToken, telegram_bots
from bot.settings import Settings

PATIENCE_S = 5.0
REMEDY = "put the token as @BotFather gives it into {variable}"


class Unreachable(Exception):
    """Telegram gave no answer that can be read."""


def bot(settings: Settings) -> Iterator[Finding]:
    """Each token is good, updates are fetched, and Telegram's clock is ours."""
    try:
        tokens = telegram_bots(settings)
    except BotError:
        return  # `settings` tells it
    if not tokens:
        yield fine("off; TELEGRAM_BOT_TOKEN is not set")
    for one in tokens:
        yield from _account(one, settings)


def _account(account: BotToken, settings: Settings) -> Iterator[Finding]:
    base_url = settings.telegram.base_url
    token, remedy = account.token, REMEDY.format(variable=account.variable)
    if not TOKEN.fullmatch(token):
        return  # `settings` tells it
    with httpx.Client(timeout=PATIENCE_S) as client:
        try:
            me, ahead_s = _ask(client, f"{base_url}{token}/getMe")
            hook, _ = _ask(client, f"{base_url}{token}/getWebhookInfo")
        except Unreachable as error:
            yield fault(
                f"{base_url}: {error}", "check the network, the proxy, and [telegram] base_url in kefu.toml"
            )
            return
    if me is None:
        yield fault(f"{base_url} refuses the token in {account.variable}", remedy)
        return
    yield fine(f"@{me.get('username')}")
    yield from webhook(hook or {}, account, settings)
    if ahead_s is not None and (found := beside(ahead_s, "Telegram's")).level is not Level.FINE:
        yield found


def _ask(client: httpx.Client, url: str) -> tuple[dict[str, Any] | None, float | None]:
    """The result, None where the token is refused, and how far Telegram's clock is ahead of ours, in seconds.

    Raises Unreachable without the URL, which holds the token."""
    try:
        answer = client.post(url)
        told = answer.json()
    except httpx.HTTPError as error:
        raise Unreachable(f"no answer ({type(error).__name__})") from error
    except ValueError as error:
        raise Unreachable(f"status {answer.status_code} and no JSON") from error
    if answer.status_code in (401, 404):
        return None, None
    if not isinstance(told, dict) or not isinstance(told.get("result"), dict):
        raise Unreachable(f"status {answer.status_code} and no result")
    return told["result"], _ahead(answer.headers.get("date", ""))


def _ahead(date: str) -> float | None:
    try:
        return (parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return None
