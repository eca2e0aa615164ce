"""What one process does is known to another on the same PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot import hearing as hearing_module
from bot.desk import beside
from bot.engine import Engine
from bot.hearing import Hearing
from bot.staffing import Staffing
from bot.store.store import Store
from tests.bot.fakes import Customer, make_engine, make_settings

WITHIN_S = 10.0  # before it would be looked for


@dataclass
class Process:
    """An engine with what it hears."""

    engine: Engine
    told: list[str] = field(default_factory=list)
    woken: list[None] = field(default_factory=list)

    @property
    def staffing(self) -> Staffing:
        return Staffing(self.engine.store, self.engine.settings, self.engine.news)

    async def until_told(self, key: str) -> None:
        async with asyncio.timeout(WITHIN_S):
            while key not in self.told:
                await asyncio.sleep(0.005)
        self.told.clear()


@asynccontextmanager
async def process(url: str, folder: Path) -> AsyncIterator[Process]:
    async with await Store.open(url) as store:
        engine, _ = make_engine(store, make_settings(folder))
        one = Process(engine)
        hearing = Hearing(store, engine.news, lambda: one.woken.append(None))
        with engine.news.heard_by(one.told.append):
            async with beside(hearing.run()):
                await one.until_told("")
                yield one


async def test_what_customers_and_staff_say_in_one_process_is_news_in_another(
    shared: str, tmp_path: Path
) -> None:
    async with process(shared, tmp_path) as one, process(shared, tmp_path) as other:
        turn = await Customer(one.engine).send("where is LW-11111")
        await other.until_told("web:anna")

        staff_id = await one.engine.store.accounts.add("anna@desk.example", "Anna", "agent")
        await one.staffing.say(turn.conversation_id, staff_id, "Hello from a person")
        await other.until_told("web:anna")
        assert one.told.count("web:anna") == 2  # each of its own once


async def test_what_staff_change_wakes_the_others(shared: str, tmp_path: Path) -> None:
    async with process(shared, tmp_path) as one, process(shared, tmp_path) as other:
        other.woken.clear()
        await one.engine.store.inbox.set_autonomy("greeting", "off", None)
        async with asyncio.timeout(WITHIN_S):
            while not other.woken:
                await asyncio.sleep(0.005)
        assert other.told == []


async def test_news_that_were_lost_are_found_by_looking(
    shared: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing_module, "LOOK_EVERY_S", 0.01)
    async with process(shared, tmp_path) as one, process(shared, tmp_path) as other:
        monkeypatch.setattr(one.engine.store.peers, "tell_soon", lambda key: None)
        await Customer(one.engine).send("where is LW-11111")
        await other.until_told("web:anna")


async def test_too_many_conversations_are_told_of_without_their_names(
    shared: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.inbox.lists.MAX_NAMED", 1)
    async with await Store.open(shared) as store:
        engine, _ = make_engine(store, make_settings(tmp_path))
        before = await store.inbox.watermark()
        await Customer(engine).send("hi")
        assert await store.inbox.keys_since(before) == ["web:anna"]
        await Customer(engine, key="web:ben").send("hi")
        assert await store.inbox.keys_since(before) == [""]
        assert await store.inbox.keys_since(await store.inbox.watermark()) == []
