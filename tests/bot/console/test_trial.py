"""The page of the release on trial."""

from bot.store.candidates.records import ShadowDecision
from tests.bot.console.console_desk import ConsoleDesk

LEA = "lea@shop.example"


async def test_without_a_trial_the_page_says_how_to_begin(desk: ConsoleDesk) -> None:
    lead = await desk.signed_in(LEA, "lead")
    page = await lead.get("/retraining/trial")
    assert page.status == 200
    assert "kefu releases shadow NAME" in page.words


async def test_a_shadow_shows_what_it_would_have_done_otherwise(desk: ConsoleDesk) -> None:
    lead = await desk.signed_in(LEA, "lead")
    anna = desk.customer()
    turns = [await anna.send(text) for text in ("<b>hi</b> there", "thanks")]
    trial = await desk.store.trials.start("shadow", "the-new-one", "the-old-one")
    await desk.store.trials.record(
        trial.id,
        [
            ShadowDecision(turns[0].message_id, "goodbye", 0.9, "answer", "confident", "bye", agrees=False),
            ShadowDecision(turns[1].message_id, "thanks", 0.9, "answer", "confident", "thanks", agrees=True),
        ],
    )
    page = await lead.get("/retraining/trial")
    assert "the-new-one decides on the same messages as the-old-one" in page.words
    assert "50.0% (" in page.words
    assert "&lt;b&gt;hi&lt;/b&gt; there" in page.text
    assert "It would: Answered: bye" in page.words
    assert f"/conversations/{turns[0].conversation_id}#message-{turns[0].message_id}" in page.text
    assert page.text.count("It would") == 1
    await desk.store.trials.close(trial.id, "refused", "worse")
    assert "Refused" in (await lead.get("/retraining/trial")).words


async def test_a_canary_shows_the_rates_of_both(desk: ConsoleDesk) -> None:
    lead = await desk.signed_in(LEA, "lead")
    await desk.store.trials.start("canary", "the-new-one", "the-old-one", share=0.25)
    page = await lead.get("/retraining/trial")
    assert "the-new-one answers 25 % of the conversations" in page.words
    assert "Where they differ" not in page.words


async def test_agents_see_nothing_of_it(desk: ConsoleDesk) -> None:
    agent = await desk.signed_in("ben@shop.example", "agent")
    assert (await agent.get("/retraining/trial")).status == 403
