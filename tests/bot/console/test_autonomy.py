"""How far the bot goes by itself, set in the console, and its drafts in the inbox."""

import re

import pytest

from bot.messages import AutonomyLevel
from tests.bot.console.console_desk import Browser, ConsoleDesk
from tests.bot.fakes import Customer

BEN, LEA = "ben@shop.example", "lea@shop.example"


async def drafted(desk: ConsoleDesk, level: AutonomyLevel = "suggest") -> tuple[Customer, int]:
    """A customer whose question waits with a draft, and the conversation's number."""
    lead = await desk.signed_in(LEA, "lead")
    assert (await lead.post("/autonomy", **{"level:order_status": level})).status == 303
    anna = desk.customer()
    turn = await anna.send("where is LW-11111")
    return anna, turn.conversation_id


async def draft_of(browser: Browser, number: int) -> tuple[str, str]:
    """The path of what can be done with the draft, and the page's words."""
    part = await browser.get(f"/conversations/{number}/suggestions")
    found = re.search(r'action="/console(/conversations/\d+/drafts/\d+)/send"', part.text)
    return found[1] if found else "", part.words


async def test_a_level_holds_at_once(desk: ConsoleDesk) -> None:
    lead = await desk.signed_in(LEA, "lead")
    anna = desk.customer()
    assert (await anna.say("hi"))[0] == "answer"

    await lead.post("/autonomy", **{"level:": "off"})

    assert (await anna.say("hi"))[0] == "hand_over"
    assert await desk.store.inbox.autonomy() == {"": "off"}
    assert "autonomy_changed" in await desk.actions()
    page = await lead.get("/autonomy")
    assert re.search(r'<option value="off" selected>', page.text)


async def test_nothing_is_written_where_nothing_changed(desk: ConsoleDesk) -> None:
    lead = await desk.signed_in(LEA, "lead")
    await lead.post("/autonomy", **{"level:": "auto", "level:order_status": ""})
    assert await desk.store.inbox.autonomy() == {}
    assert "autonomy_changed" not in await desk.actions()


@pytest.mark.parametrize(
    "form", [{"level:nonsense": "off"}, {"level:order_status": "always"}, {"level:talk_to_person": "off"}]
)
async def test_a_bad_level_is_refused(form: dict[str, str], desk: ConsoleDesk) -> None:
    lead = await desk.signed_in(LEA, "lead")
    assert (await lead.post("/autonomy", **form)).status == 400
    assert await desk.store.inbox.autonomy() == {}


async def test_agents_may_not_set_it(desk: ConsoleDesk) -> None:
    agent = await desk.signed_in(BEN)
    assert (await agent.get("/autonomy")).status == 403
    assert (await agent.post("/autonomy", **{"level:": "off"})).status == 403


async def test_a_draft_is_sent_from_the_inbox(desk: ConsoleDesk) -> None:
    anna, number = await drafted(desk)
    ben = await desk.signed_in(BEN, name="Ben")
    assert "the bot's draft waits for a look" in (await ben.get("/inbox/waiting")).words
    path, words = await draft_of(ben, number)
    assert "The bot would say:" in words

    assert (await ben.post(f"{path}/send")).status == 303

    last = (await desk.store.transcript(anna.key))[-1]
    assert (last.speaker, "LW-11111" in last.text) == ("person", True)
    assert await desk.store.status(anna.key) == "bot"
    assert "Ben sent the bot's draft" in (await ben.get(f"/conversations/{number}")).words
    assert await draft_of(ben, number) != (path, words)
    again = await ben.post(f"{path}/send")
    assert "waits no longer" in (await ben.get(again.leads_to.removeprefix("/console"))).words


async def test_a_changed_draft_is_sent_in_its_place(desk: ConsoleDesk) -> None:
    anna, number = await drafted(desk)
    ben = await desk.signed_in(BEN)
    path, _ = await draft_of(ben, number)

    await ben.post(f"/conversations/{number}/reply", text="It comes today.", draft=path.rpartition("/")[2])

    assert (await desk.store.transcript(anna.key))[-1].text == "It comes today."
    assert await desk.store.status(anna.key) == "bot"
    lead = await desk.signed_in("lou@shop.example", "lead")
    assert re.search(
        r'Changed first"? class="number">1<|data-label="Changed first" class="number">1<',
        (await lead.get("/autonomy")).text,
    )


async def test_a_rejected_draft_is_gone(desk: ConsoleDesk) -> None:
    anna, number = await drafted(desk)
    ben = await desk.signed_in(BEN)
    path, _ = await draft_of(ben, number)

    await ben.post(f"{path}/reject")

    assert (await draft_of(ben, number))[0] == ""
    assert await desk.store.status(anna.key) == "waiting"


async def test_a_draft_of_another_conversation_is_not_sent(desk: ConsoleDesk) -> None:
    anna, number = await drafted(desk)
    other = await desk.customer("zoe").send("where is LW-22222")
    ben = await desk.signed_in(BEN)
    path, _ = await draft_of(ben, number)

    await ben.post(path.replace(f"/{number}/", f"/{other.conversation_id}/") + "/send")

    assert await desk.store.status("web:zoe") == "waiting"
    assert len(await desk.store.transcript(anna.key)) == 2


async def test_a_hostile_draft_is_text(desk: ConsoleDesk) -> None:
    desk.engine.levels = desk.engine.levels.__class__("suggest")
    anna = desk.customer()
    await anna.send("I have a complaint")
    await desk.store.inbox.draft(1)
    turn = await anna.send("I have a complaint")
    ben = await desk.signed_in(BEN)
    part = await ben.get(f"/conversations/{turn.conversation_id}/suggestions")
    assert "What happened?" in part.words
    assert "<script" not in part.text
