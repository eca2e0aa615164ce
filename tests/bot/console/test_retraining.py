"""The page of retrainings: how far one is, what the gate said, and when the next one is due."""

import pytest

from bot.store.store import Store
from tests.bot.console.console_desk import ConsoleDesk

LEA = "lea@shop.example"


async def under_way(store: Store) -> int:
    number = await store.retrainings.ask("ben")
    await store.retrainings.take(number, "a worker")
    await store.retrainings.begin_step(number, "export")
    await store.retrainings.end_step(number, "export", "done", ("12 dialogues of the log",))
    await store.retrainings.begin_step(number, "train")
    await store.retrainings.show_step(number, "train", "encoding", 30, 120)
    return number


async def test_a_lead_asks_for_one_and_sees_it_wait(desk: ConsoleDesk) -> None:
    lead = await desk.signed_in(LEA, "lead")
    assert "No retraining is under way" in (await lead.get("/retraining")).words
    assert (await lead.post("/retraining/ask")).status == 303
    found = await desk.store.retrainings.open()
    assert found is not None
    assert (found.status, found.asked_by) == ("asked", LEA)
    page = await lead.get("/retraining")
    assert "Waits for a desk that can train" in page.words
    assert 'hx-trigger="every 2s"' in page.text
    assert "asked_for_retraining" in await desk.actions()
    await lead.post("/retraining/ask")
    assert len(await desk.store.retrainings.latest()) == 1


async def test_the_steps_show_how_far_it_is(desk: ConsoleDesk) -> None:
    lead = await desk.signed_in(LEA, "lead")
    await under_way(desk.store)
    page = await lead.get("/retraining")
    assert "12 dialogues of the log" in page.words
    assert '<progress max="120" value="30" aria-label="encoding">' in page.text
    assert page.text.count('<li class="waits">') == 5


async def test_what_came_of_it_is_there_once_the_desk_has_taken_it_over(desk: ConsoleDesk) -> None:
    lead = await desk.signed_in(LEA, "lead")
    number = await under_way(desk.store)
    ours = {"HX-Request": "true"}  # as the page asks every two seconds
    assert "HX-Refresh" not in (await lead.get("/retraining", **ours)).headers
    await desk.store.retrainings.set_release(number, "a-new-release")
    await desk.store.retrainings.set_status(number, "done")
    arriving = await lead.get("/retraining", **ours)
    assert 'hx-trigger="every 2s"' in arriving.text
    await desk.store.retrainings.set_release(number, desk.engine.release)
    assert (await lead.get("/retraining", **ours)).headers["HX-Refresh"] == "true"
    page = await lead.get("/retraining")
    assert "Went live" in page.words
    assert 'hx-trigger="every 2s"' not in page.text


async def test_it_is_stopped(desk: ConsoleDesk) -> None:
    lead = await desk.signed_in(LEA, "lead")
    number = await under_way(desk.store)
    await lead.post("/retraining/stop")
    found = await desk.store.retrainings.get(number)
    assert found is not None
    assert (found.status, found.note) == ("stopped", f"stopped by {LEA}")
    assert "Stopped" in (await lead.get("/retraining")).words
    assert (await lead.post("/retraining/stop")).status == 303


async def test_why_the_gate_refused_is_told(desk: ConsoleDesk) -> None:
    lead = await desk.signed_in(LEA, "lead")
    number = await under_way(desk.store)
    reasons = ("✗ intents right: 90 % before, <b>60 %</b> now", "✓ size: 12 MB", "✓ a", "✓ b")
    await desk.store.retrainings.begin_step(number, "gate")
    await desk.store.retrainings.end_step(number, "gate", "failed", reasons)
    await desk.store.retrainings.set_status(number, "refused", "worse")
    page = await lead.get("/retraining")
    assert "Refused by the gate" in page.words
    assert "90 % before, &lt;b&gt;60 %&lt;/b&gt; now" in page.text


@pytest.mark.parametrize(
    ("day", "at", "every"), [("night", "03:00", "night at 03:00"), ("monday", "22:30", "monday at 22:30"), ("", "03:00", "")]
)  # fmt: skip
async def test_a_schedule_is_set(day: str, at: str, every: str, desk: ConsoleDesk) -> None:
    lead = await desk.signed_in(LEA, "lead")
    assert (await lead.post("/retraining/schedule", day=day, at=at)).status == 303
    found = await desk.store.retrainings.schedule()
    assert found is not None
    assert found.every == every
    page = await lead.get("/retraining")
    assert ("The next time:" in page.words) is bool(every)
    assert f'<option value="{day}" selected>' in page.text


@pytest.mark.parametrize(
    ("day", "at"), [("full moon", "03:00"), ("night", "25:00"), ("night", ""), ("night", "<b>")]
)
async def test_a_bad_schedule_is_refused(day: str, at: str, desk: ConsoleDesk) -> None:
    lead = await desk.signed_in(LEA, "lead")
    assert (await lead.post("/retraining/schedule", day=day, at=at)).status == 400
    assert await desk.store.retrainings.schedule() is None


async def test_a_schedule_from_the_command_line_is_shown(desk: ConsoleDesk) -> None:
    lead = await desk.signed_in(LEA, "lead")
    await desk.store.retrainings.set_schedule("Every Night at 3:00", "root")
    page = await lead.get("/retraining")
    assert '<option value="night" selected>' in page.text
    assert 'value="03:00"' in page.text


async def test_agents_see_nothing_of_it(desk: ConsoleDesk) -> None:
    agent = await desk.signed_in("ben@shop.example", "agent")
    assert (await agent.get("/retraining")).status == 403
    assert (await agent.post("/retraining/ask")).status == 403
    assert await desk.store.retrainings.latest() == []
