"""Stores to test with: every test that takes `url` or `store` runs on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.store.store import Store
from tests.bot.store import told
from tests.bot.store.postgres import database


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest) -> str:
    """The URL of PostgreSQL's databases; "" for SQLite."""
    return str(request.getfixturevalue("postgres")) if request.param == "postgresql" else ""


@pytest.fixture
def template(request: pytest.FixtureRequest, server: str) -> str:
    return str(request.getfixturevalue("tables")) if server else ""


@pytest.fixture
async def empty_url(server: str, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of an empty database."""
    if not server:
        yield f"sqlite:///{tmp_path / 'kefu.db'}"
        return
    async with database(server) as made:
        yield made


@pytest.fixture
async def url(server: str, template: str, folder: Path) -> AsyncIterator[str]:
    """The URL of a database that has its tables."""
    if not server:
        yield f"sqlite:///{folder / 'kefu.db'}"
        return
    async with database(server, template) as made:
        yield made


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    async with await Store.open(url) as opened:
        yield opened


@pytest.fixture
def now_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages are of this moment: PostgreSQL writes those in another way than what comes late."""
    monkeypatch.setattr(told, "START", datetime.now(UTC))


@pytest.fixture(params=["long ago", "now"])
def long_ago_and_now(request: pytest.FixtureRequest) -> None:
    """Both."""
    if request.param == "now":
        request.getfixturevalue("now_said")
