"""Past dialogues through the engine: what is remembered between turns, and what isn't done."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from bot.commands.replay import as_deed
from bot.learning.replaying import AbsentActions, Heard, PastDesk, Said
from bot.outgoing.actions import ActionFailed
from nlu.understander import Understander
from nlu.understanding import Understanding
from retrieval.retriever import Retriever
from tests.bot.fakes import BUDGET, MEANINGS, FakeRetriever, FakeUnderstander, load_book, make_settings

THEN = datetime(2020, 1, 6, 9, tzinfo=UTC)


class PastUnderstander(FakeUnderstander):
    """Understands for a time of its own, and remembers it."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[datetime] = []

    def understand_batch(self, texts: list[str], *, now: datetime) -> list[Understanding]:
        self.times.append(now)
        coroutine = self.understand(texts[0])
        try:
            coroutine.send(None)
        except StopIteration as done:
            return [done.value]
        raise AssertionError("the fake waits for nothing")


@pytest.fixture
def understander() -> PastUnderstander:
    return PastUnderstander()


@pytest.fixture
def desk(tmp_path: Path, understander: PastUnderstander) -> PastDesk:
    retriever: Any = FakeRetriever(MEANINGS)
    book = load_book(tmp_path)
    return PastDesk(
        make_settings(tmp_path, messages_per_minute=1), "test", book, cast("Understander", understander),
        cast("Retriever", retriever),
    )  # fmt: skip


def hear(desk: PastDesk, *texts: str) -> list[Heard | None]:
    return desk.hear([[Said(text) for text in texts]])[0]


def did(heard: Heard | None) -> tuple[str, str]:
    assert heard is not None
    return heard.decision.kind, heard.decision.reason


def test_each_request_is_met_as_if_a_person_had_answered_so_far(desk: PastDesk) -> None:
    first, second, third = hear(desk, "Where is my parcel?", "nonsense", "nonsense")
    assert did(first) == ("ask", "missing_slot")
    # The question was never put, and the first "I'm not sure" never said.
    assert did(second) == did(third) == ("clarify", "out_of_scope")


def test_what_the_customer_gave_is_remembered(desk: PastDesk) -> None:
    _, asked = hear(desk, "LW-11111", "Where is my parcel?")
    assert did(asked) == ("hand_over", "action_failed")
    assert asked is not None
    assert asked.is_answered
    assert asked.needs_system


def test_nothing_is_called_for_a_past_dialogue(desk: PastDesk) -> None:
    (asked,) = hear(desk, "where is LW-11111")
    assert did(asked) == ("hand_over", "action_failed")


async def test_actions_are_away() -> None:
    actions = AbsentActions(["get_order"])
    assert actions.names == actions.reading().names == ("get_order",)
    with pytest.raises(ActionFailed, match="get_order"):
        await actions.run("get_order", {}, idempotency_key="1")


def test_a_turn_is_understood_at_its_own_time(desk: PastDesk, understander: PastUnderstander) -> None:
    desk.hear([[Said("hi", THEN), Said("thanks", None)]])
    assert understander.times[0] == THEN
    assert all(time > THEN for time in understander.times[1:])


def test_many_turns_at_once_are_no_flood(desk: PastDesk) -> None:
    found = desk.hear([[Said("a human please", THEN)] * 5])[0]
    assert {did(one) for one in found} == {("hand_over", "customer_asked")}


@pytest.mark.parametrize("text", ["hi", "thanks", "bye", "yes please", "no", "never mind", "LW-22222"])
def test_small_talk_and_mere_values_are_no_requests(desk: PastDesk, text: str) -> None:
    (heard,) = hear(desk, text)
    assert heard is not None
    assert not heard.is_request


def test_a_turn_without_words_is_passed_over(desk: PastDesk) -> None:
    assert hear(desk, "  ", "a human please")[0] is None


def test_dialogues_do_not_mix(desk: PastDesk) -> None:
    found = desk.hear([[Said("LW-11111")], [Said("Where is my parcel?")]])
    assert did(found[1][0]) == ("ask", "missing_slot")


def test_an_answer_is_as_sure_as_its_threshold_at_least(desk: PastDesk) -> None:
    (heard,) = hear(desk, "a human please")
    assert heard is not None
    assert as_deed(heard, BUDGET.answer_threshold).confidence == float(
        "-inf"
    )  # no threshold makes it an answer
    (heard,) = hear(desk, "Where is my parcel?")
    assert heard is not None
    deed = as_deed(heard, BUDGET.answer_threshold)
    assert (deed.did, deed.intent, deed.said, deed.confidence) == (
        "answered",
        "order_status",
        "Your order number?",
        0.95,
    )


def test_what_is_not_answered_has_its_best_guess(desk: PastDesk) -> None:
    (heard,) = hear(desk, "is it my order?")
    assert heard is not None
    deed = as_deed(heard, BUDGET.answer_threshold)
    assert (deed.did, deed.intent, deed.said, deed.confidence) == (
        "asked",
        "order_status",
        "Your order number?",
        0.5,
    )


def test_a_crash_of_the_model_is_handed_over(desk: PastDesk) -> None:
    crashed, after = hear(desk, "crash", "a human please")
    assert crashed is None
    assert did(after) == ("hand_over", "customer_asked")
