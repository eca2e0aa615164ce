"""What staff are told of a message: suggestions ready to send, and how it would be answered now."""

from pathlib import Path

import pytest

from bot.review.rereading import Rereading
from bot.store.inbox.views import Case
from bot.store.store import Store
from tests.bot.fakes import Customer, FakeActions, make_engine, make_settings


async def _case(anna: Customer, log: Store) -> Case:
    number = (await log.conversation(anna.message())).id
    case = await log.inbox.case(number)
    assert case is not None
    return case


@pytest.fixture
def desk(log: Store, tmp_path: Path) -> tuple[Customer, Rereading, FakeActions]:
    settings = make_settings(tmp_path)
    engine, actions = make_engine(log, settings, passages={"how wide is the sofa": 0.9})
    return Customer(engine), Rereading(engine.dialogue, settings), actions


async def test_suggestions_are_what_the_bot_would_say(
    desk: tuple[Customer, Rereading, FakeActions], log: Store
) -> None:
    anna, rereading, _ = desk
    await anna.say("a human please")
    await anna.say("where is LW-11111")

    first, *rest = await rereading.suggest(await _case(anna, log))

    assert (first.text, first.source) == ("On its way: LW-11111.", "order_shipped")
    assert first.prob == pytest.approx(0.95)
    assert "talk_to_person" not in [one.source for one in rest]
    assert len(rest) <= 2


async def test_a_suggestion_changes_nothing_at_the_company(
    desk: tuple[Customer, Rereading, FakeActions], log: Store
) -> None:
    anna, rereading, actions = desk
    await anna.say("a human please")
    await anna.say("cancel LW-11111")

    suggested = await rereading.suggest(await _case(anna, log))
    again = await rereading.reread(await _case(anna, log), "cancel LW-11111")

    assert suggested[0].text == "Shall I cancel LW-11111?"
    assert again.decision.reason == "confirm"
    assert "cancel_order" not in [name for name, *_ in actions.calls]


async def test_a_passage_is_suggested_with_its_source(
    desk: tuple[Customer, Rereading, FakeActions], log: Store
) -> None:
    anna, rereading, _ = desk
    await anna.say("how wide is the sofa")

    suggested = await rereading.suggest(await _case(anna, log))

    assert any("It is 2 m wide." in one.text for one in suggested)


async def test_without_words_there_is_nothing_to_suggest(
    desk: tuple[Customer, Rereading, FakeActions], log: Store
) -> None:
    anna, rereading, _ = desk
    await anna.send("", kind="photo")
    assert await rereading.suggest(await _case(anna, log)) == ()


async def test_rereading_logs_nothing(desk: tuple[Customer, Rereading, FakeActions], log: Store) -> None:
    anna, rereading, _ = desk
    await anna.say("hi")
    before = await _case(anna, log)
    again = await rereading.reread(before, "where is LW-11111")

    assert (again.decision.kind, again.replies) == ("answer", ("On its way: LW-11111.",))
    assert again.findings.intents[0].intent == "order_status"
    assert await _case(anna, log) == before
