"""Tells another system of something by HTTP; whoever tells doesn't wait for it."""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any

import aiohttp

logger = logging.getLogger(__name__)
TRIES = 3


@dataclass
class Webhook:
    """Posts JSON to one address; "" posts nowhere. A post that fails is tried again, then logged."""

    url: str
    timeout_s: float = 5.0
    pause_s: float = 2.0  # before the second try; doubles
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)

    def post(self, body: dict[str, Any]) -> None:
        """Send it beside whatever else goes on."""
        if self.url:
            task = asyncio.create_task(self._send(body))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def close_when_done(self) -> None:
        """Wait for what is under way."""
        await asyncio.gather(*self._under_way)

    async def close(self) -> None:
        """Give up what is under way."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _send(self, body: dict[str, Any]) -> None:
        problem = ""
        for attempt in range(TRIES):
            if attempt:
                await asyncio.sleep(self.pause_s * 2 ** (attempt - 1))
            problem = await self._try(body)
            if not problem:
                return
        logger.error("the webhook was not told, %d tries: %s", TRIES, problem)

    async def _try(self, body: dict[str, Any]) -> str:
        """What went wrong, "" where nothing did; the address may hold a secret and is not named."""
        timeout = aiohttp.ClientTimeout(total=self.timeout_s)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(self.url, json=body, allow_redirects=False) as response,
            ):
                return "" if 200 <= response.status < 300 else f"HTTP {response.status}"
        except TimeoutError:
            return f"no answer within {self.timeout_s:g} s"
        except aiohttp.ClientError as error:
            return type(error).__name__
