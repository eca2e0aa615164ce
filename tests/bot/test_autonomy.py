"""How far the bot goes by itself: it answers, drafts what a person sends, or leaves it to people."""

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.autonomy import Levels
from bot.messages import AutonomyLevel, Decision, Reply
from bot.staffing import DraftGone, Staffing, TakenByOther
from bot.store.inbox.autonomy import DraftCounts
from bot.store.records import StoredDraft
from bot.store.store import Store
from bot.store.tables.staff_work import drafts
from bot.store.values import now
from tests.bot.colleagues import add_colleague
from tests.bot.fakes import Customer, Make, fake_reader


@dataclass
class Floor:
    """A customer, the desk, and two of the staff."""

    anna: Customer
    store: Store
    staffing: Staffing
    ben: int
    cora: int

    @property
    def calls(self) -> list[Any]:
        """What the company's system was asked for: name, slots, and the key of each."""
        actions: Any = self.anna.engine.dialogue.answering.actions
        return list(actions.calls)

    def let(self, default: AutonomyLevel = "auto", **by_intent: AutonomyLevel) -> None:
        self.anna.engine.levels = Levels(default, by_intent)

    async def id(self) -> int:
        return (await self.store.conversation(self.anna.message())).id

    async def status(self) -> str:
        return (await self.store.conversation(self.anna.message())).status

    async def ask(self, text: str) -> tuple[str, str]:
        """What was decided about a message, and why."""
        decision = (await self.anna.send(text)).decision
        return ("silent", "") if decision is None else (decision.kind, decision.reason)

    async def draft(self) -> StoredDraft:
        found = await self.store.inbox.draft(await self.id())
        assert found is not None
        return found

    async def said(self) -> list[tuple[str, str]]:
        return [(line.speaker, line.text) for line in await self.store.transcript(self.anna.key)]

    async def outcomes(self) -> list[str | None]:
        query = select(drafts.c.outcome).order_by(drafts.c.id)
        return list(
            await self.store._database.read(lambda connection: connection.execute(query).scalars().all())
        )


@pytest.fixture
async def floor(customer: Make, log: Store, tmp_path: Path) -> Floor:
    anna = customer()
    staffing = Staffing(log, anna.engine.settings, anna.engine.news)
    return Floor(anna, log, staffing, await add_colleague(log, "ben"), await add_colleague(log, "cora"))


@pytest.mark.parametrize(
    ("decision", "level"),
    [
        (Decision("answer", "confident", "order_status"), "suggest"),
        (Decision("answer", "confident", "greeting"), "auto"),
        (Decision("answer", "several", "greeting", choices=("greeting", "order_status")), "suggest"),
        (Decision("ask", "missing_slot", "order_status"), "suggest"),
        (Decision("clarify", "uncertain", "order_status", choices=("order_status",)), "auto"),
        (Decision("answer", "passage", choices=("order_status",)), "auto"),
        (Decision("hand_over", "angry", "order_status"), "auto"),
        (Decision("hand_over", "action_failed", "order_status"), "suggest"),
        (Decision("answer", "confident", "talk_to_person"), "auto"),
    ],
)
def test_the_level_of_a_decision(decision: Decision, level: str) -> None:
    assert Levels("auto", {"order_status": "suggest", "talk_to_person": "off"}).of(decision) == level


def test_the_default_is_for_all_that_has_no_level() -> None:
    levels = Levels("off", {"greeting": "auto"})
    assert levels.of(Decision("clarify", "uncertain", choices=("greeting",))) == "off"
    assert levels.of(Decision("answer", "confident", "order_status")) == "off"
    assert levels.of(Decision("answer", "confident", "greeting")) == "auto"
    assert Levels().are_all_auto
    assert not levels.are_all_auto


async def test_a_draft_is_sent_with_its_buttons_and_the_bot_goes_on(floor: Floor) -> None:
    floor.let(order_status="suggest")
    assert await floor.ask("where is LW-11111") == ("hand_over", "drafted")
    assert await floor.status() == "waiting"
    draft = await floor.draft()
    assert "LW-11111" in draft.text
    assert draft.text not in [text for _, text in await floor.said()]

    await floor.staffing.send_draft(await floor.id(), floor.ben, draft.id, draft.text)

    assert (await floor.said())[-1] == ("person", draft.text)
    assert (await floor.store.transcript(floor.anna.key))[-1].buttons == draft.buttons
    assert await floor.status() == "bot"
    assert await floor.outcomes() == ["sent"]
    [label] = await floor.store.corrections()
    assert (label.text, label.intent, label.by) == ("where is LW-11111", "order_status", "ben")
    assert await floor.ask("hi") == ("answer", "confident")


async def test_other_intents_are_answered_at_once(floor: Floor) -> None:
    floor.let(order_status="suggest")
    assert await floor.ask("hi") == ("answer", "confident")
    assert await floor.store.inbox.draft(await floor.id()) is None


async def test_an_edited_draft_is_no_label(floor: Floor) -> None:
    floor.let(order_status="suggest")
    await floor.ask("where is LW-11111")
    draft = await floor.draft()

    await floor.staffing.send_draft(await floor.id(), floor.ben, draft.id, "It comes today.")

    assert (await floor.said())[-1] == ("person", "It comes today.")
    assert await floor.outcomes() == ["edited"]
    assert await floor.store.corrections() == []


async def vote(floor: Floor, label: str) -> None:
    """Press the button with that label under what was said last."""
    line = (await floor.store.transcript(floor.anna.key))[-1]
    turn = await floor.anna.send("hi")
    shown = replace(turn, replies=(Reply(line.text, line.buttons, line.id),))
    await floor.anna.press(label, shown)


@pytest.mark.parametrize(("text", "helpful"), [(None, 1), ("It comes today.", 0)])
async def test_a_vote_on_a_sent_draft_is_one_on_its_answer(
    text: str | None, helpful: int, floor: Floor
) -> None:
    floor.let(order_status="suggest")
    await floor.ask("where is LW-11111")
    draft = await floor.draft()
    await floor.staffing.send_draft(await floor.id(), floor.ben, draft.id, text)

    await vote(floor, "Helpful")

    usage = await floor.store.answers.usage(["order_shipped"], now() - timedelta(days=1))
    assert usage["order_shipped"].helpful == helpful


async def test_a_rejected_draft_leaves_it_to_people(floor: Floor) -> None:
    floor.let(order_status="suggest")
    await floor.ask("where is LW-11111")
    draft = await floor.draft()

    await floor.staffing.reject_draft(await floor.id(), floor.ben, draft.id)

    assert await floor.status() == "waiting"
    assert await floor.outcomes() == ["rejected"]
    await floor.ask("where is LW-22222")
    assert await floor.store.inbox.draft(await floor.id()) is None, "it waits for a person, not for a draft"
    with pytest.raises(DraftGone):
        await floor.staffing.send_draft(await floor.id(), floor.ben, draft.id, draft.text)


async def test_a_question_that_was_sent_is_understood_when_it_is_answered(floor: Floor) -> None:
    floor.let(order_status="suggest")
    await floor.ask("Where is my parcel?")
    draft = await floor.draft()
    assert "order number" in draft.text
    await floor.staffing.send_draft(await floor.id(), floor.ben, draft.id, draft.text)

    await floor.ask("LW-11111")

    assert "LW-11111" in (await floor.draft()).text


async def test_the_newest_message_has_the_draft(floor: Floor) -> None:
    floor.let("suggest")
    await floor.ask("hi")
    first = await floor.draft()

    assert await floor.ask("where is LW-11111") == ("hand_over", "drafted")

    assert "LW-11111" in (await floor.draft()).text
    with pytest.raises(DraftGone):
        await floor.staffing.send_draft(await floor.id(), floor.ben, first.id, first.text)
    assert await floor.outcomes() == ["superseded", None]
    told = [text for speaker, text in await floor.said() if speaker == "bot"]
    assert len(told) == 1, "told twice that somebody looks at it"


async def test_an_answer_that_may_be_given_is_made_once(floor: Floor) -> None:
    floor.let(cancel_order="suggest")
    understander = fake_reader(floor.anna.engine.dialogue).understander
    await floor.ask("where is LW-11111")
    assert understander.read == ["where is LW-11111"]
    assert [call[0] for call in floor.calls] == ["get_order"]


async def test_an_action_that_may_be_called_is_called_once(floor: Floor) -> None:
    floor.let(greeting="off")
    await floor.ask("cancel LW-11111")
    assert await floor.ask("yes") == ("answer", "confirmed")
    assert [call[0] for call in floor.calls] == ["cancel_order"]


async def test_who_is_left_to_people_is_told_each_time(floor: Floor) -> None:
    floor.let(order_status="off")
    for n_told in (1, 2):
        await floor.ask("where is LW-11111")
        told = [text for _, text in await floor.said() if "colleague" in text]
        assert len(told) == n_told
        await floor.staffing.give_back(await floor.id(), floor.ben)


async def test_off_is_left_to_people_without_a_draft(floor: Floor) -> None:
    floor.let(order_status="off")
    assert await floor.ask("where is LW-11111") == ("hand_over", "off")
    assert await floor.status() == "waiting"
    assert await floor.store.inbox.draft(await floor.id()) is None


async def test_no_action_that_changes_anything_is_called_for_a_draft(floor: Floor) -> None:
    floor.let(cancel_order="suggest")
    await floor.ask("cancel LW-11111")
    draft = await floor.draft()
    assert "Shall I cancel" in draft.text
    await floor.staffing.send_draft(await floor.id(), floor.ben, draft.id, draft.text)
    before = [call for call in floor.calls if call[0] == "cancel_order"]

    assert await floor.ask("yes") == ("hand_over", "off")

    assert [call for call in floor.calls if call[0] == "cancel_order"] == before == []


@pytest.mark.parametrize(("level", "kind"), [("suggest", "drafted"), ("auto", "uncertain")])
async def test_questions_back_follow_the_default(level: AutonomyLevel, kind: str, floor: Floor) -> None:
    floor.let(level)
    assert (await floor.ask("something with my order"))[1] == kind


async def test_own_words_and_closing_overtake_a_draft(floor: Floor) -> None:
    floor.let(order_status="suggest")
    await floor.ask("where is LW-11111")
    await floor.staffing.say(await floor.id(), floor.ben, "I'll have a look")
    assert await floor.outcomes() == ["replaced"]
    await floor.staffing.give_back(await floor.id(), floor.ben)
    await floor.ask("where is LW-11111")
    await floor.staffing.close(await floor.id(), floor.ben)
    assert await floor.outcomes() == ["replaced", "dropped"]


async def test_who_took_it_keeps_it_and_others_cannot_send(floor: Floor) -> None:
    floor.let(order_status="suggest")
    await floor.ask("where is LW-11111")
    await floor.staffing.take(await floor.id(), floor.ben)
    draft = await floor.draft()
    with pytest.raises(TakenByOther):
        await floor.staffing.send_draft(await floor.id(), floor.cora, draft.id, draft.text)
    await floor.staffing.send_draft(await floor.id(), floor.ben, draft.id, draft.text)
    assert await floor.status() == "person"


async def test_levels_and_outcomes_are_kept(floor: Floor) -> None:
    inbox = floor.store.inbox
    await inbox.set_autonomy("order_status", "suggest", floor.ben)
    await inbox.set_autonomy("order_status", "off", floor.ben)
    await inbox.set_autonomy("", "suggest", floor.ben)
    assert await inbox.autonomy() == {"order_status": "off", "": "suggest"}
    await inbox.set_autonomy("order_status", None, floor.ben)
    assert await inbox.autonomy() == {"": "suggest"}
    assert [entry.action for entry in await floor.store.accounts.audit()] == ["autonomy_changed"] * 4

    began = now()
    floor.let("suggest")
    await floor.ask("where is LW-11111")
    draft = await floor.draft()
    await floor.staffing.send_draft(await floor.id(), floor.ben, draft.id, draft.text)
    assert await inbox.draft_counts(began) == {"order_status": DraftCounts(sent=1)}


async def test_a_forgotten_customers_drafts_are_gone(floor: Floor) -> None:
    floor.let("suggest")
    await floor.ask("where is LW-11111")
    await floor.store.forget(floor.anna.key)
    assert await floor.outcomes() == []
