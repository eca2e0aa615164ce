"""Retrainings in the database: one under way at a time, each due time once, whoever asks."""

import asyncio
from datetime import timedelta

import pytest

import bot.store.candidates.retrainings
from bot.store.candidates.retrainings import LOST_AFTER, RetrainingUnderWay
from bot.store.inbox.views import Person
from bot.store.store import Store
from bot.store.values import now
from tests.bot.colleagues import add_colleague


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who began a moment ago hasn't been heard of since."""
    monkeypatch.setattr(bot.store.candidates.retrainings, "LOST_AFTER", timedelta(0))


async def test_one_is_under_way_at_a_time(store: Store) -> None:
    number = await store.retrainings.ask("ben")
    with pytest.raises(RetrainingUnderWay, match="under way already"):
        await store.retrainings.ask("cora")
    await store.retrainings.set_status(number, "done")
    assert await store.retrainings.ask("cora") > number
    assert [one.asked_by for one in await store.retrainings.latest()] == ["cora", "ben"]


async def test_of_many_who_see_that_it_is_due_one_begins(store: Store) -> None:
    asked = await asyncio.gather(*(store.retrainings.ask_when_due("2026-03-04T03:00") for _ in range(8)))
    begun = [number for number in asked if number is not None]
    assert len(begun) == 1
    await store.retrainings.set_status(begun[0], "refused", "worse")
    assert await store.retrainings.ask_when_due("2026-03-04T03:00") is None
    assert await store.retrainings.ask_when_due("2026-03-05T03:00") is not None


async def test_of_many_who_would_work_on_it_one_does(store: Store) -> None:
    number = await store.retrainings.ask("ben")
    taken = await asyncio.gather(*(store.retrainings.take(number, f"worker {i}") for i in range(8)))
    assert sum(taken) == 1
    worker = f"worker {taken.index(True)}"
    assert await store.retrainings.beat(number, worker)
    assert not await store.retrainings.beat(number, "another")
    assert await store.retrainings.take(number, worker)


@pytest.mark.usefixtures("later")
async def test_what_nobody_has_worked_on_for_a_while_is_lost_and_taken_over(store: Store) -> None:
    assert timedelta(seconds=10) < LOST_AFTER
    number = await store.retrainings.ask("ben")
    assert await store.retrainings.take(number, "first")
    found = await store.retrainings.open()
    assert found is not None
    assert found.is_lost
    assert await store.retrainings.take(number, "second")
    assert not await store.retrainings.beat(number, "first")


async def test_one_that_was_stopped_is_over_for_its_worker(store: Store) -> None:
    ben = Person(await add_colleague(store, "ben"), "ben")
    number = await store.retrainings.ask("ben", staff=ben)
    await store.retrainings.take(number, "worker")
    await store.retrainings.stop(number, ben, "stopped by ben")
    assert not await store.retrainings.beat(number, "worker")
    assert not await store.retrainings.take(number, "worker")
    await store.retrainings.set_status(number, "done")
    found = await store.retrainings.get(number)
    assert found is not None
    assert (found.status, found.note, found.is_open) == ("stopped", "stopped by ben", False)
    actions = [entry.action for entry in await store.accounts.audit(None, 10)]
    assert {"asked_for_retraining", "stopped_retraining"} <= set(actions)


async def test_steps_are_kept_as_they_go(store: Store) -> None:
    retrainings = store.retrainings
    number = await retrainings.ask("")
    await retrainings.begin_step(number, "export")
    await retrainings.show_step(number, "export", "reading", 3, 10)
    await retrainings.end_step(number, "export", "done", ("3 dialogues", "中文 ✓"))
    await retrainings.begin_step(number, "merge")
    await retrainings.show_step(number, "merge", "merging", 1, 2)
    found = await retrainings.open()
    assert found is not None
    first, second = found.steps
    assert (first.name, first.status, first.done, first.total) == ("export", "done", 3, 10)
    assert first.told == ("3 dialogues", "中文 ✓")
    assert first.ended_at is not None
    assert first.started_at <= first.ended_at <= now()
    assert (second.name, second.status, second.stage) == ("merge", "running", "merging")
    assert found.has_done("export")
    assert not found.has_done("merge")
    assert not found.has_done("train")
    await retrainings.begin_step(number, "export")
    again = await retrainings.open()
    assert again is not None
    step = again.step("export")
    assert step is not None
    assert (step.status, step.ended_at, step.told) == ("running", None, ())


async def test_the_schedule_is_one(store: Store) -> None:
    assert await store.retrainings.schedule() is None
    await store.retrainings.set_schedule("night at 03:00", "ben")
    await store.retrainings.set_schedule("", "cora")
    found = await store.retrainings.schedule()
    assert found is not None
    assert (found.every, found.set_by) == ("", "cora")


async def test_a_candidate_is_named(store: Store) -> None:
    number = await store.retrainings.ask("ben")
    await store.retrainings.set_release(number, "2026-03-04-030512-fast")
    found = await store.retrainings.open()
    assert found is not None
    assert found.release == "2026-03-04-030512-fast"
