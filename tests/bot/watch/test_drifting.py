"""The drift watch over a log: days counted, warnings raised and taken back, once each."""

import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.outgoing.webhook import Webhook
from bot.settings import Settings
from bot.store.store import Store
from bot.store.tables.drift import drift_days
from bot.watch.drifting import Drifting, farthest, standing
from nlu.profile import Baseline, Seen, profile_of
from tests.bot.fakes import make_settings
from tests.bot.store.log import Log

NOW = datetime.now(UTC)
SHORT, LONG = (
    "where is it",
    "I would really like to know where my parcel has got to, for it is a week late by now",
)


class Heard(Webhook):
    def __init__(self) -> None:
        super().__init__("")
        self.told: list[dict[str, Any]] = []

    def post(self, body: dict[str, Any]) -> None:
        self.told.append(body)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    folder = tmp_path / "releases" / "r1"
    folder.mkdir(parents=True)
    seen = (Seen(i, len(SHORT), "" if i % 2 else "en", "order_status", 0.8, is_sure=True) for i in range(100))
    Baseline(profile_of(seen), 0.7).save(folder / "baseline.json")
    return make_settings(tmp_path)


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    async with await Store.open(settings.database_url) as store:
        yield store


async def talk(
    store: Store, text: str, *, days_ago: int = 2, n: int = 60, begin: int = 0, **more: Any
) -> None:
    log = Log(store, begin)
    for i in range(begin, begin + n):
        await log.say(NOW - timedelta(days=days_ago), str(i), text)
    await store._database.write(lambda connection: connection.exec_driver_sql(
        "UPDATE understandings SET nearest = 0.8, confidence = 0.9, language = 'en' WHERE nearest IS NULL"
    ))  # fmt: skip


def watch(store: Store, settings: Settings, release: str = "r1") -> tuple[Drifting, Heard]:
    heard = Heard()
    return Drifting(store, settings, heard, lambda: release, pause_s=0), heard


async def test_traffic_as_at_the_training_raises_nothing(store: Store, settings: Settings) -> None:
    await talk(store, SHORT)
    drifting, heard = watch(store, settings)
    await drifting.look()
    found = await standing(store, settings, "r1")
    assert found.live.n == 60
    assert [one.is_drift for one in found.measures] == [False] * 5
    assert heard.told == []


async def test_a_shift_is_told_once_without_words(
    store: Store, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    await talk(store, LONG)
    drifting, heard = watch(store, settings)
    await drifting.look()
    await drifting.look()
    assert [(one["event"], one["measure"], one["release"]) for one in heard.told] == [
        ("drift", "length", "r1")
    ]
    assert [one.measure for one in await store.drift.open()] == ["length"]
    assert "parcel" not in caplog.text


async def test_a_warning_ends_when_a_week_no_longer_speaks_for_it(store: Store, settings: Settings) -> None:
    await talk(store, LONG)
    drifting, heard = watch(store, settings)
    await drifting.look(NOW)
    await drifting.look(NOW + timedelta(days=8))
    assert await store.drift.open() == []
    assert len(heard.told) == 1


async def test_another_release_begins_anew(store: Store, settings: Settings) -> None:
    await talk(store, LONG)
    drifting, _ = watch(store, settings)
    await drifting.look()
    other, heard = watch(store, settings, "r2")
    await other.look()
    assert await store.drift.open() == []
    assert heard.told == []


async def test_a_release_without_a_baseline_is_not_watched(store: Store, settings: Settings) -> None:
    await talk(store, LONG)
    drifting, heard = watch(store, settings, "old")
    await drifting.look()
    assert (await standing(store, settings, "old")).baseline is None
    assert heard.told == []


async def test_a_broken_baseline_stops_nothing(store: Store, settings: Settings) -> None:
    (settings.folder / "releases" / "r1" / "baseline.json").write_text("{", "utf-8")
    drifting, _ = watch(store, settings)
    await drifting.look()
    assert (await standing(store, settings, "r1")).baseline is None


async def test_today_is_not_counted_yet(store: Store, settings: Settings) -> None:
    await talk(store, LONG, days_ago=0)
    drifting, _ = watch(store, settings)
    await drifting.look()
    assert (await standing(store, settings, "r1")).live.n == 0


async def test_those_farthest_from_all_examples_come_first(store: Store, settings: Settings) -> None:
    await talk(store, SHORT, n=2)
    await store._database.write(lambda connection: connection.exec_driver_sql(
        "UPDATE understandings SET nearest = 0.1 WHERE message_id = 2"
    ))  # fmt: skip
    found = await farthest(store, settings, await standing(store, settings, "r1"), limit=5)
    assert [(one.message_id, one.nearest) for one in found] == [(2, 0.1), (1, 0.8)]


async def test_a_forgotten_customer_leaves_the_counts(store: Store, settings: Settings) -> None:
    await talk(store, LONG)
    drifting, _ = watch(store, settings)
    await drifting.look()
    await store.forget("telegram:3")
    rows = await store._database.read(lambda connection: connection.execute(select(drift_days)).all())
    assert all(row.profile["n"] == 0 for row in rows)
    await drifting.count()
    assert (await standing(store, settings, "r1")).live.n < 60
    farthest_left = await farthest(store, settings, await standing(store, settings, "r1"), limit=100)
    assert len(farthest_left) < 60
