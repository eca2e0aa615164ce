"""A log and a customer at a small desk, for the tests of the desk."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.store.store import Store
from tests.bot.fakes import Customer, Make, make_engine, make_settings


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(f"sqlite+aiosqlite:///{tmp_path}/kefu.db") as store:
        yield store


@pytest.fixture
def customer(log: Store, tmp_path: Path) -> Make:
    """Makes a customer at a desk of its own; options as of make_engine, or of [conversation]."""

    def make(
        *, moods: Any = None, passages: Any = None, several: Any = None, **conversation: Any
    ) -> Customer:
        settings = make_settings(tmp_path, **conversation)
        engine, _ = make_engine(log, settings, moods=moods, passages=passages, several=several)
        return Customer(engine)

    return make
