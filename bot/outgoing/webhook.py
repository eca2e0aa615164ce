"""Tells another system of something by HTTP; whoever tells doesn't wait for it."""

import asyncio
import logging
import os
from collections.abc import Mapping
from typing import Any

import aiohttp
from yarl import URL

from bot.monitoring.tracing import trace
from bot.outgoing.caller import Caller
from bot.outgoing.hosts import CallRefused, Hosts
from bot.secrets.values import with_secrets
from bot.settings import Outgoing

logger = logging.getLogger(__name__)
TRIES = 3
TIMEOUT_S = 5.0


class Webhook:
    """Posts JSON to one address, "$NAME" where that is a secret; "" posts nowhere. A post that fails is tried again,
    then logged. `key` signs.

    Raises BotError for an environment variable that isn't set."""

    def __init__(
        self,
        url: str,
        *,
        outgoing: Outgoing | None = None,
        key: str = "",
        pause_s: float = 2.0,  # before the second try; doubles
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self.url = with_secrets(url, environment, "[watch] webhook") if url.startswith("$") else url
        self._pause_s = pause_s
        self._caller = Caller(Hosts.of(outgoing or Outgoing(), [self.url]), key)
        self._under_way: set[asyncio.Task[None]] = set()

    def post(self, body: dict[str, Any]) -> None:
        """Send it beside whatever else goes on."""
        if self.url:
            task = asyncio.create_task(self._send(body))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def close_when_done(self) -> None:
        """Wait for what is under way."""
        await asyncio.gather(*self._under_way)
        await self._caller.close()

    async def close(self) -> None:
        """Give up what is under way."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._caller.close()

    async def _send(self, body: dict[str, Any]) -> None:
        with trace("webhook"):
            await self._persist(body)

    async def _persist(self, body: dict[str, Any]) -> None:
        problem = ""
        for attempt in range(TRIES):
            if attempt:
                await asyncio.sleep(self._pause_s * 2 ** (attempt - 1))
            problem = await self._try(body)
            if not problem:
                return
        logger.error("the webhook was not told, %d tries: %s", TRIES, problem)

    async def _try(self, body: dict[str, Any]) -> str:
        """What went wrong, "" where nothing did; the address may hold a secret and is not named."""
        try:
            answer = await self._caller.call("POST", URL(self.url), timeout_s=TIMEOUT_S, json_body=body)
        except CallRefused as error:
            return str(error)
        except TimeoutError:
            return f"no answer within {TIMEOUT_S:g} s"
        except aiohttp.ClientError as error:
            return type(error).__name__
        return "" if 200 <= answer.status < 300 else f"HTTP {answer.status}"
