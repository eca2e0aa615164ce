"""Connections to PostgreSQL that ended while nobody used them."""

from typing import Any

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from bot.store.databases import pinging
from bot.store.store import Store

END_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


async def end_others(url: str) -> int:
    """Have PostgreSQL end all sessions of the database but the one that asks; how many there were."""
    connection = await asyncpg.connect(url)
    ended = await connection.fetch(END_OTHERS)
    await connection.close()
    return len(ended)


async def test_one_that_lay_idle_is_made_anew_unnoticed(shared: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pinging, "IDLE_S", 0.0)
    async with await Store.open(shared) as store:
        assert await store.corrections() == []
        assert await end_others(shared) > 0
        assert await store.corrections() == []
        assert await store.add_correction("where parcel", "order_status", "ana") == 1


async def test_one_in_steady_use_is_not_asked(shared: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pinging, "IDLE_S", 60.0)
    async with await Store.open(shared) as store:
        inner: Any = store._database
        database = inner._engine.sync_engine.dialect
        asked = []
        ping = database.do_ping
        monkeypatch.setattr(database, "do_ping", lambda driver: asked.append(driver) or ping(driver))
        await store.corrections()
        await store.corrections()
        assert asked == []
        monkeypatch.setattr(pinging, "IDLE_S", 0.0)
        await store.corrections()
        assert len(asked) == 1


async def test_one_that_ends_in_steady_use_fails_once_and_no_more(
    shared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pinging, "IDLE_S", 60.0)
    async with await Store.open(shared) as store:
        await store.corrections()
        assert await end_others(shared) > 0
        with pytest.raises(DBAPIError) as failed:
            await store.corrections()
        assert failed.value.connection_invalidated
        assert await store.corrections() == []
