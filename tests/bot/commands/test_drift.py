"""`kefu drift`: what is printed of a log and a release."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import kefu
from bot.settings import load_settings
from bot.store.store import Store
from nlu.profile import Baseline, Seen, profile_of
from tests.bot.store.log import Log


@pytest.fixture
def released(workspace: Path) -> Path:
    folder = workspace / "releases" / "r1"
    folder.mkdir(parents=True)
    (workspace / "releases" / "current").write_text("r1\n", "utf-8")
    return folder


def run(workspace: Path, *options: str) -> str:
    result = CliRunner().invoke(kefu, ["drift", "-w", str(workspace), *options])
    assert result.exit_code == 0, result.exception
    return result.output


async def talk(workspace: Path, text: str) -> None:
    async with await Store.open(load_settings(workspace).database_url) as store:
        for i in range(60):
            await Log(store, i).say(datetime.now(UTC) - timedelta(days=2), str(i), text)
        await store._database.write(lambda connection: connection.exec_driver_sql(
            "UPDATE understandings SET nearest = 0.8, language = 'en'"
        ))  # fmt: skip


def test_a_release_without_a_baseline_says_so(workspace: Path, released: Path) -> None:
    assert "has no baseline" in run(workspace)


def test_what_moved_is_marked_and_words_only_shown_when_asked_for(workspace: Path, released: Path) -> None:
    seen = (Seen(i, 200, "en", "order_status", 0.8, is_sure=False) for i in range(100))
    Baseline(profile_of(seen), 0.7).save(released / "baseline.json")
    asyncio.run(talk(workspace, "where is it"))
    shown = run(workspace)
    assert "100 messages held back, 60 from" in shown
    assert shown.count("moved") == 1
    assert "where is it" not in shown
    assert "0.80  where is it" in run(workspace, "--examples")
