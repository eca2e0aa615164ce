"""When the desk removes what has served its time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.retaining import Retaining, cutoffs
from bot.settings import Retention, Settings, SettingsError, load_settings
from bot.store.store import Store
from bot.store.tables.accounts import audit
from tests.bot.store.log import Log

# Last night: the audit log's own clock is later than this, whatever the hour the test runs at.
NIGHT = datetime.now(UTC).replace(hour=4, minute=0) - timedelta(days=1)


def retaining(store: Store, folder: Path, **options: object) -> Retaining:
    settings = Settings(folder=folder, retention=Retention.model_validate(options))
    return Retaining(store, settings, pause_s=0)


async def runs(store: Store) -> int:
    return len(await store.accounts.audit(None, 50))


async def test_it_is_done_once_a_night(log: Store, folder: Path) -> None:
    await Log(log).say(NIGHT - timedelta(days=40), "7", "12 Elm Road")
    desk = retaining(log, folder, conversations_days=30)
    await desk.look(NIGHT)
    await desk.look(NIGHT + timedelta(minutes=1))
    assert await runs(log) == 1
    assert await log.transcript("telegram:7") == []
    early = update(audit).values(at=NIGHT - timedelta(days=1))
    await log._database.write(lambda found: found.execute(early))
    await desk.look(NIGHT)
    assert await runs(log) == 2


@pytest.mark.parametrize("options", [{}, {"conversations_days": 30, "every": "never"}])
async def test_nothing_goes_unless_it_is_set(log: Store, folder: Path, options: dict[str, object]) -> None:
    await Log(log).say(NIGHT - timedelta(days=4000), "7", "12 Elm Road")
    await retaining(log, folder, **options).look(NIGHT)
    assert await runs(log) == 0
    assert [line.text for line in await log.transcript("telegram:7")] == ["12 Elm Road"]


async def test_what_was_broken_off_goes_on_at_the_next_look(log: Store, folder: Path) -> None:
    for day in range(3):
        await Log(log).say(NIGHT - timedelta(days=40 + day), str(day), "12 Elm Road")
    desk = retaining(log, folder, conversations_days=30)
    async for _ in desk.remove(NIGHT):
        break
    assert await runs(log) == 0
    await desk.look(NIGHT)
    assert await runs(log) == 1


def test_only_what_has_a_number_of_days_is_looked_at() -> None:
    found = cutoffs(Retention(audit_days=10, conversations_days=30), NIGHT)
    assert list(found) == ["messages", "notes", "conversations", "customers", "audit"]
    assert found["audit"] == NIGHT - timedelta(days=10)
    assert cutoffs(Retention(), NIGHT) == {}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("conversations_days = -1", "conversations_days: met -1"),
        ("updates_days = 1", "updates_days: met 1; Value error, wanted 0, or 2 and more"),
        ('every = "at noon"', "every: met 'at noon'"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, line: str, told: str) -> None:
    (tmp_path / "kefu.toml").write_text(f"[retention]\n{line}\n")
    with pytest.raises(SettingsError) as refused:
        load_settings(tmp_path)
    assert told in str(refused.value)
