"""The desk has itself retrained: when it is due or asked for, once, and on where a process was lost."""

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.learning.retraining import MOST_BEGUN, Retrainings
from bot.store.store import Store
from bot.store.values import now
from tests.bot.fakes import make_settings

NOTES = "import sys; open(sys.argv[1], 'a').write(sys.argv[-1] + '\\n')"


@pytest.fixture
async def store(folder: Path) -> AsyncIterator[Store]:
    async with await Store.open(f"sqlite:///{folder / 'kefu.db'}") as opened:
        yield opened


def desk(store: Store, folder: Path, script: str = NOTES) -> Retrainings:
    """One whose process only notes what it was asked for."""
    return Retrainings(store, make_settings(folder), (sys.executable, "-c", script, str(folder / "begun")))


async def begun(one: Retrainings, folder: Path) -> list[str]:
    if one._work is not None:
        await one._work.wait()
    path = folder / "begun"
    return path.read_text().split() if path.exists() else []


async def look(one: Retrainings, folder: Path, moment: datetime | None = None) -> list[str]:
    await one.look(moment or now())
    return await begun(one, folder)


async def test_nothing_is_begun_unasked(store: Store, folder: Path) -> None:
    assert await look(desk(store, folder), folder) == []


async def test_what_staff_ask_for_is_begun(store: Store, folder: Path) -> None:
    number = await store.retrainings.ask("ben")
    assert await look(desk(store, folder), folder) == [str(number)]


async def test_what_is_due_is_begun_once_by_any_number_of_desks(store: Store, folder: Path) -> None:
    await store.retrainings.set_schedule("night at 03:00", "ben")
    night = (now() + timedelta(days=1)).replace(hour=3, minute=0, second=5)
    desks = [desk(store, folder) for _ in range(2)]
    before = night - timedelta(minutes=1)
    assert await look(desks[0], folder, before) == []
    for one in desks:
        await one.look(night)
    found = await store.retrainings.latest()
    assert [one.asked_by for one in found] == [""]
    await store.retrainings.take(found[0].id, "its process")
    await store.retrainings.set_status(found[0].id, "done")
    for one in desks:  # after a restart, too
        await one.look(night + timedelta(hours=1))
    assert len(await store.retrainings.latest()) == 1
    await desks[0].look(night + timedelta(days=1))
    assert len(await store.retrainings.latest()) == 2
    for one in desks:
        await begun(one, folder)


async def test_a_time_that_passed_long_ago_or_before_it_was_set_is_left_out(
    store: Store, folder: Path
) -> None:
    await store.retrainings.set_schedule("night at 03:00", "ben")
    one = desk(store, folder)
    today = now().replace(hour=3, minute=0, second=5)
    if today > now():
        today -= timedelta(days=1)
    await one.look(today)
    await one.look((now() + timedelta(days=1)).replace(hour=10))
    assert await store.retrainings.latest() == []


async def test_a_schedule_that_cant_be_read_harms_nobody(store: Store, folder: Path) -> None:
    await store.retrainings.set_schedule("full moon", "ben")
    assert await look(desk(store, folder), folder) == []


async def test_one_that_waits_for_the_command_line_is_left_to_it(store: Store, folder: Path) -> None:
    await store.retrainings.ask("ben", status="paused")
    assert await look(desk(store, folder), folder) == []


async def test_processes_that_end_at_once_end_the_retraining(store: Store, folder: Path) -> None:
    number = await store.retrainings.ask("ben")
    one = desk(store, folder, "import sys; sys.exit(3)")
    for _ in range(MOST_BEGUN + 1):
        await look(one, folder)
    found = await store.retrainings.get(number)
    assert found is not None
    assert found.status == "failed"
    assert found.note == "3 processes ended before they were done, the last with status 3"


async def test_the_process_ends_with_the_desk(store: Store, folder: Path) -> None:
    await store.retrainings.ask("ben")
    one = desk(store, folder, "import time; time.sleep(600)")
    running = asyncio.create_task(one.run())
    while one._work is None:
        await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert one._work.returncode not in {None, 0}


async def test_the_process_gets_the_workspace_and_threads_of_its_own(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    script = "import os, sys; open(sys.argv[1], 'a').write(os.environ['OMP_NUM_THREADS'])"
    await store.retrainings.ask("ben")
    assert await look(desk(store, folder, script), folder) == ["3"]
    command = Retrainings(store, make_settings(folder)).command
    assert list(command[-4:]) == ["retrain", "-w", str(folder.resolve()), "--run"]
