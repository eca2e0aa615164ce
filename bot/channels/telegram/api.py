"""python-telegram-bot's Bot as this channel needs it: updates unread, errors told apart."""

import json
from functools import cache
from ssl import SSLContext
from typing import Any

import httpx
from telegram import Bot
from telegram.error import BadRequest, NetworkError, TelegramError
from telegram.request import HTTPXRequest

from bot.channels.telegram.tempo import Tempo
from bot.monitoring.meters import count_slow_down

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
CONNECTIONS = 64

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class SlowDown(TelegramError):
    """HTTP 429: no such call for `pause_s` seconds."""

    def __init__(self, pause_s: float) -> None:
        super().__init__(f"too many requests, retry after {pause_s:g} s")
        self.pause_s = pause_s


class Unclear(NetworkError):
    """The call left us and no answer came that can be read: it may have been carried out."""


class Request(HTTPXRequest):
    """Looks at answers before python-telegram-bot does, which logs those it can't read, customers' words and all."""

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        try:
            status, body = await super().do_request(*args, **kwargs)
        except NetworkError as error:
            cause = error.__cause__
            if isinstance(cause, httpx.HTTPError) and not isinstance(cause, _NOT_SENT):
                raise Unclear(type(cause).__name__) from error
            raise
        _check(status, body)
        return status, body


class TelegramBot(Bot):
    """A Bot that can give updates as they came, to be stored before anything tries to read them."""

    async def raw_updates(self, offset: int | None, timeout_s: int, answer_s: float) -> Any:
        """What getUpdates answers, which should be a list of updates; those below `offset` are acknowledged."""
        asked = {"offset": offset, "timeout": timeout_s, "allowed_updates": ALLOWED_UPDATES}
        return await self._post("getUpdates", asked, read_timeout=timeout_s + answer_s)


def make_bot(token: str, base_url: str, tempo: Tempo) -> TelegramBot:
    """A bot that has not called Telegram yet."""
    calls, polls = (_request(connections, tempo.answer_s) for connections in (CONNECTIONS, 1))
    return TelegramBot(token, base_url, request=calls, get_updates_request=polls)


def _request(connections: int, patience_s: float) -> Request:
    return Request(
        connections,
        httpx_kwargs={"verify": _authorities()},
        read_timeout=patience_s,
        write_timeout=patience_s,
        connect_timeout=patience_s,
        pool_timeout=patience_s,
    )


@cache
def _authorities() -> SSLContext:
    """Whom to trust; read once, for that takes long."""
    return httpx.create_ssl_context()


def is_passing(error: TelegramError) -> bool:
    """Whether the same call may work later: the network or Telegram's servers failed, not the call."""
    return isinstance(error, NetworkError) and not isinstance(error, BadRequest)


def _check(status: int, body: bytes) -> None:
    """Raise what python-telegram-bot would not tell apart, or would tell the log too much about."""
    try:
        answer = json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        answer = None
    if status == 429:
        pause_s = _retry_after(answer)
        count_slow_down(pause_s)
        raise SlowDown(pause_s)
    if status >= 500:
        raise NetworkError(f"HTTP {status}")
    if not isinstance(answer, dict) or (status < 300 and "result" not in answer):
        kind = Unclear if status < 300 else NetworkError  # a proxy's page is no word of Telegram
        raise kind(f"HTTP {status} with an answer that can't be read")


def _retry_after(answer: Any) -> float:
    try:
        return max(1.0, float(answer["parameters"]["retry_after"]))
    except (KeyError, TypeError, ValueError):
        return 1.0
