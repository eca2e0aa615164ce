"""Customers who go on talking while things break, and the one check of what became of their messages."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bot.store.store import Store
from tests.bot.channels.fake_bot_api import FakeBotApi
from tests.shop_desk import DEMO_ORDERS, PATIENCE_S, copy_shop

UNLIMITED = """
[web]
requests_per_minute = 1000000

[conversation]
messages_per_minute = 100000
"""
FIRST_ORDER = 60_000  # none of the shop's own
AGAIN_AFTER_S = 0.2  # more often, and a server would have no time to start


def make_shop(trained_shop: Path, folder: Path, orders: str = DEMO_ORDERS, options: str = "") -> Path:
    """A desk that sets its customers no limits."""
    return copy_shop(trained_shop, folder, orders, UNLIMITED + options)


@dataclass
class Crowd:
    """Customers over REST: each sends a message with the same id until it is answered, then the next."""

    url: str
    size: int
    said: dict[str, list[str]] = field(default_factory=dict)
    given: dict[str, list[list[int]]] = field(default_factory=dict)  # ids of the replies, by message
    refusals: Counter[str] = field(default_factory=Counter)  # code, or the kind of a lost connection
    advice: set[str] = field(default_factory=set)  # what was said with a refusal
    answered_at: list[float] = field(default_factory=list)
    _talks: list[asyncio.Task[None]] = field(default_factory=list)
    _is_over: bool = False

    @property
    def n_answered(self) -> int:
        return len(self.answered_at)

    async def until(self, n_answered: int, within_s: float = PATIENCE_S) -> None:
        """Wait until so many messages are answered."""
        deadline = time.monotonic() + within_s
        while self.n_answered < n_answered:
            assert time.monotonic() < deadline, f"{self.n_answered} answers, refused: {self.refusals}"
            await asyncio.sleep(0.01)

    async def back(self, within_s: float) -> float:
        """Wait until everybody was answered once more after now; the seconds to the first answer."""
        began, before = time.monotonic(), self.n_answered
        await self.until(before + 1, within_s)
        first_s = time.monotonic() - began
        await self.until(before + self.size)
        return first_s

    @asynccontextmanager
    async def talking(self) -> AsyncIterator["Crowd"]:
        """All of them talk for as long as the block runs, or until `finish`."""
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client:
            self._talks = [asyncio.create_task(self._talk(client, f"c{n}")) for n in range(self.size)]
            try:
                yield self
            finally:
                for talk in self._talks:
                    talk.cancel()
                await asyncio.gather(*self._talks, return_exceptions=True)

    async def finish(self) -> None:
        """Each waits for its last answer and says no more."""
        self._is_over = True
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*self._talks)

    async def check(self, database_url: str) -> None:
        """Nothing is lost, nothing answered twice, all of it in order, and each was told what the log says."""
        async with await Store.open(database_url, exclusive=False) as store:
            for name, said in self.said.items():
                lines = await _transcript(store, f"web:{name}")
                assert [line.text for line in lines if line.speaker == "customer"] == said
                replies: dict[int, list[int]] = {}
                asked = 0
                for line in lines:
                    if line.speaker == "customer":
                        asked = line.id
                    else:
                        replies.setdefault(asked, []).append(line.id)
                assert list(replies.values()) == self.given[name]
                assert all(len(ids) == 1 for ids in replies.values())

    async def _talk(self, client: aiohttp.ClientSession, name: str) -> None:
        said, given = self.said.setdefault(name, []), self.given.setdefault(name, [])
        number = int(name[1:])
        while not self._is_over:
            order = FIRST_ORDER + (number + len(said) * self.size) % 30_000
            said.append(f"where is my order LW-{order}")
            body = {"conversation": name, "client_message_id": str(len(said)), "text": said[-1]}
            answer = await self._insist(client, body)
            given.append([reply["id"] for reply in answer["replies"]])
            self.answered_at.append(time.monotonic())

    async def _insist(self, client: aiohttp.ClientSession, body: dict[str, str]) -> Any:
        while True:
            try:
                async with client.post(f"{self.url}api/v1/messages", json=body) as response:
                    told = await response.json()
                    if response.status == 200:
                        return told
                    self.refusals[told["error"]["code"]] += 1
                    self.advice.add(
                        f"{response.status} {response.headers.get('Retry-After')} {told['error']['message']}"
                    )
            except aiohttp.ClientError as error:
                self.refusals[type(error).__name__] += 1
            await asyncio.sleep(AGAIN_AFTER_S)


@dataclass
class Chats:
    """Customers on Telegram, who say more from time to time without waiting for an answer."""

    api: FakeBotApi
    size: int
    asked: dict[int, list[str]] = field(default_factory=dict)
    in_window: set[str] = field(default_factory=set)  # whose replies were on their way at a kill

    def say(self) -> None:
        """Each of them asks for another order."""
        for chat in range(1, self.size + 1):
            said = self.asked.setdefault(chat, [])
            said.append(f"LW-{FIRST_ORDER + chat + len(said) * self.size}")
            self.api.say(f"where is my order {said[-1]}", chat=chat)

    @property
    def n_asked(self) -> int:
        return sum(map(len, self.asked.values()))

    @property
    def n_answered(self) -> int:
        return len(self.counts())

    def counts(self) -> Counter[str]:
        """How often each order was written about."""
        return Counter(orders_in([sent.text for sent in self.api.sent]))

    @property
    def is_answered(self) -> bool:
        return self.n_answered == self.n_asked

    async def check(self, database_url: str) -> int:
        """As for a crowd; how many replies came twice, each of which was on its way at a kill."""
        for chat, orders in self.asked.items():
            assert list(dict.fromkeys(orders_in(self.api.texts(chat)))) == orders
        twice = {order for order, count in self.counts().items() if count > 1}
        assert twice <= self.in_window
        async with await Store.open(database_url, exclusive=False) as store:
            assert await store.open_updates("telegram") == []
            for chat, orders in self.asked.items():
                lines = await _transcript(store, f"telegram:{chat}")
                said = orders_in([line.text for line in lines if line.speaker == "customer"])
                assert said == orders
                assert orders_in([line.text for line in lines if line.speaker == "bot"]) == orders
        return len(twice)


def orders_in(texts: list[str]) -> list[str]:
    return [number for text in texts for number in re.findall(r"LW-\d{5,6}", text)]


async def _transcript(store: Store, key: str) -> list[Any]:
    lines: list[Any] = []
    while page := await store.transcript(key, after=lines[-1].id if lines else 0):
        lines += page
    return lines
