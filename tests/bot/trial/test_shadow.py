"""A shadow decides what was decided before, and nobody notices."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bot.autonomy import Levels
from bot.messages import Decision
from bot.store.candidates.records import ShadowDecision
from bot.store.store import Store
from bot.store.tables.schema import metadata
from bot.trial.shadow import MAX_WAITING, Heard, Shadow, agree
from tests.bot.fakes import (
    MEANINGS,
    Customer,
    FakeActions,
    FakeRetriever,
    FakeUnderstander,
    make_engine,
    make_settings,
    with_parts,
)


@dataclass
class Floor:
    """A desk with a shadow that reads some texts in another way."""

    customer: Customer
    actions: FakeActions
    shadow: Shadow
    heard: list[Heard] = field(default_factory=list)

    async def decided(self) -> list[ShadowDecision]:
        """What the shadow makes of all that was heard."""
        return [await self.shadow.decide(one) for one in self.heard]


@pytest.fixture
def floor(log: Store, tmp_path: Path) -> Floor:
    engine, actions = make_engine(log, make_settings(tmp_path))
    meanings = MEANINGS | {"hi": ("thanks", 0.99), "cancel LW-11111": ("order_status", 0.95)}
    dialogue = with_parts(engine.dialogue, understander=FakeUnderstander(), retriever=FakeRetriever(meanings))
    made = Floor(Customer(engine), actions, Shadow(1, dialogue, log))
    made.shadow.offer = made.heard.append  # type: ignore[method-assign]  # to be looked at
    engine.shadow = made.shadow
    return made


async def test_a_shadow_decides_about_the_same_message_in_the_same_state(floor: Floor) -> None:
    await floor.customer.send("Where is my parcel?")
    await floor.customer.send("LW-22222")  # means nothing without the question before

    first, second = await floor.decided()

    assert (first.kind, first.intent, first.agrees) == ("ask", "order_status", True)
    assert (second.kind, second.answer_id, second.agrees) == ("answer", "order_shipped", True)


async def test_a_shadow_calls_no_action_and_is_told_what_the_serving_release_was(floor: Floor) -> None:
    await floor.customer.send("where is LW-40400")
    await floor.customer.send("where is LW-50000")  # the order system is away
    called = list(floor.actions.calls)

    found, away = await floor.decided()

    assert (found.answer_id, found.agrees) == ("order_unknown", True)
    assert (away.kind, away.reason, away.agrees) == ("hand_over", "action_failed", True)
    assert floor.actions.calls == called


async def test_what_a_shadow_alone_would_ask_the_order_system_counts_as_an_answer(floor: Floor) -> None:
    await floor.customer.send("cancel LW-11111")  # asked to confirm; the shadow would look it up

    [found] = await floor.decided()

    assert (found.kind, found.reason, found.intent) == ("answer", "would_act", "order_status")
    assert not found.agrees
    assert floor.actions.calls == []


async def test_a_shadow_leaves_no_trace_but_its_decisions(floor: Floor, log: Store) -> None:
    await floor.customer.send("hi")
    before = await everything(log)

    [found] = await floor.decided()

    assert (found.intent, found.answer_id, found.agrees) == ("thanks", "thanks", False)
    assert await everything(log) == before


async def test_a_shadow_goes_no_further_than_the_bot_may(floor: Floor) -> None:
    floor.customer.engine.levels = Levels("auto", {"greeting": "suggest", "thanks": "off"})
    await floor.customer.send("hi")

    [found] = await floor.decided()

    assert (found.kind, found.reason, found.agrees) == ("hand_over", "off", False)


async def test_what_has_no_words_or_is_for_people_is_not_heard(floor: Floor) -> None:
    await floor.customer.command("start")
    await floor.customer.send(kind="photo")
    turn = await floor.customer.send("something with my order")
    assert turn.replies[0].buttons
    await floor.customer.press("Where is my order")
    await floor.customer.send("a human please")
    n_heard = len(floor.heard)
    await floor.customer.send("hello?")  # said to the person

    assert n_heard == 2
    assert len(floor.heard) == 2


async def test_a_repeat_and_a_fault_of_the_desk_are_not_heard(floor: Floor) -> None:
    said = floor.customer.message("hi")
    await floor.customer.engine.handle(said)
    assert (await floor.customer.engine.handle(said)).is_repeat
    await floor.customer.send("crash")

    assert len(floor.heard) == 1


async def test_a_shadow_that_fails_where_the_other_answers_is_counted_so(floor: Floor) -> None:
    await floor.customer.send("hi")
    [heard] = floor.heard
    crash = replace(heard, talk=replace(heard.talk, text="crash"))

    found = await floor.shadow.decide(crash)

    assert (found.kind, found.reason, found.agrees) == ("hand_over", "failure", False)


async def test_decisions_are_kept_and_what_is_too_much_is_dropped_and_counted(
    log: Store, tmp_path: Path
) -> None:
    engine, _ = make_engine(log, make_settings(tmp_path))
    trial = await log.trials.start("shadow", "new", "test")
    engine.shadow = Shadow(trial.id, engine.dialogue, log)
    customer = Customer(engine)
    for _ in range(MAX_WAITING + 3):  # nobody takes them off the queue yet
        await customer.send("hi")

    running = asyncio.create_task(engine.shadow.run())
    async with asyncio.timeout(30):
        while (await log.trials.counts(trial.id)).messages < MAX_WAITING:
            await asyncio.sleep(0.01)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running

    counts = await log.trials.counts(trial.id)
    assert (counts.messages, counts.agreed) == (MAX_WAITING, MAX_WAITING)
    assert (await log.trials.latest())[0].dropped == 3


async def test_a_shadow_goes_on_after_the_database_was_away(log: Store, tmp_path: Path) -> None:
    engine, _ = make_engine(log, make_settings(tmp_path))
    trial = await log.trials.start("shadow", "new", "test")
    engine.shadow = Shadow(trial.id, engine.dialogue, AwayAtFirst(log))  # type: ignore[arg-type]  # as far as it needs a store
    running = asyncio.create_task(engine.shadow.run())
    customer = Customer(engine)
    async with asyncio.timeout(30):
        while not (await log.trials.counts(trial.id)).messages:
            await customer.send("hi")
            await asyncio.sleep(0)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running

    assert (await log.trials.latest())[0].dropped >= 1


@dataclass
class AwayAtFirst:
    """A store whose database can't be reached the first time."""

    store: Store
    n_asked: int = 0

    @property
    def trials(self) -> "AwayAtFirst":
        return self

    async def record(self, *words: Any, **options: Any) -> None:
        self.n_asked += 1
        if self.n_asked == 1:
            raise ConnectionError
        await self.store.trials.record(*words, **options)


ANSWER = Decision("answer", "confident", "a", 0.9, "one")


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        (Decision("answer", "filled", "a", 0.3, "one"), True),
        (Decision("answer", "confident", "a", 0.9, "two"), False),
        (Decision("answer", "confident", "b", 0.9, "one"), False),
        (Decision("ask", "missing_slot", "a", 0.9), False),
    ],
)
def test_the_same_answer_to_the_same_intent_agrees(other: Decision, is_same: bool) -> None:
    assert agree(ANSWER, other) is is_same


def test_why_a_person_takes_over_makes_no_difference_but_what_is_drafted_does() -> None:
    handed, drafted = (
        Decision("hand_over", "angry", "a"),
        Decision("hand_over", "drafted", "a", answer_id="one"),
    )
    assert agree(handed, Decision("hand_over", "customer_asked", "b"))
    assert agree(drafted, replace(drafted, prob=0.1))
    assert not agree(drafted, replace(drafted, answer_id="two"))
    assert not agree(drafted, replace(drafted, reason="off"))
    assert agree(Decision("clarify", "uncertain", choices=("a",)), Decision("clarify", "out_of_scope"))
    assert not agree(
        Decision("ask", "missing_slot", "a", slot="x"), Decision("ask", "missing_slot", "a", slot="y")
    )


async def everything(log: Store) -> str:
    """All rows of all tables."""
    return await log._database.read(
        lambda connection: repr(
            [connection.execute(table.select()).all() for table in metadata.sorted_tables]
        )
    )
