"""Slots: what fills them, what corrects them, what an open question takes for an answer."""

import re
from pathlib import Path

import pytest

from bot.dialogue.forms import (
    Act,
    AskSlot,
    Give,
    corrects,
    drop_passing,
    fill_slots,
    free_text,
    known_values,
    new_free_text,
    next_step,
    read_form,
    slots_of,
)
from bot.dialogue.phrases import after_greeting, after_no, is_bare, is_leaving, is_no, is_other_one, is_yes
from bot.dialogue.state import ConversationState, Form, Given
from nlu.understanding import Entity
from retrieval.answers import Phrasing, Slot
from tests.bot.fakes import load_book

ASK = Phrasing({"": ("?",)})
ORDER = Slot("order_number", "order_number", ASK)
FROM, TO = Slot("start", "date", ASK), Slot("end", "date", ASK)


def entities_in(text: str) -> list[Entity]:
    patterns = {"order_number": r"LW-\d+", "date": r"monday|friday"}
    return [
        Entity(label, *match.span(), match.group(), match.group())
        for label, pattern in patterns.items()
        for match in re.finditer(pattern, text)
    ]


def filled(text: str, *slots: Slot, state: ConversationState | None = None) -> dict[str, str]:
    by_name = {slot.name: slot for slot in slots}
    state = fill_slots(state or ConversationState(), by_name, entities_in(text), intent="x", at=0.0)
    return known_values(state, by_name, "x")


def test_one_value_fills_its_slot() -> None:
    assert filled("where is LW-1", ORDER) == {"order_number": "LW-1"}


def test_two_values_leave_one_slot_open() -> None:
    assert filled("LW-1 or LW-2", ORDER) == {}


def test_the_new_one_of_two_values_corrects_the_known_one() -> None:
    known = ConversationState().remember("order_number", "LW-1", intent="x", at=0.0)

    assert filled("not LW-1, LW-2", ORDER, state=known) == {"order_number": "LW-2"}


def test_two_slots_of_one_type_are_filled_in_order() -> None:
    assert filled("from monday to friday", FROM, TO) == {"start": "monday", "end": "friday"}


def test_the_slot_that_was_asked_for_is_the_one_filled() -> None:
    asked = ConversationState(form=Form("x", "end", key=1))

    assert filled("friday", FROM, TO, state=asked) == {"end": "friday"}


def test_only_lasting_values_serve_another_intent() -> None:
    slots = {slot.name: slot for slot in (ORDER, TO)}
    state = fill_slots(ConversationState(), slots, entities_in("LW-1 friday"), intent="x", at=0.0)

    assert known_values(state, slots, "y") == {"order_number": "LW-1"}
    assert set(drop_passing(state, slots).slots) == {"order_number"}


def test_steps_lead_from_slots_over_the_action_to_the_answer_that_holds(tmp_path: Path) -> None:
    answers = load_book(tmp_path).of_intent("order_status")
    known = {"order_number": "LW-1"}

    assert isinstance(next_step(answers, {}), AskSlot)
    assert isinstance(next_step(answers, known), Act)
    assert next_step(answers, {**known, "result": {"status": "not_found"}}) == Give(answers[1])
    assert next_step(answers, {**known, "result": {"status": "lost at sea"}}) is None
    assert list(slots_of(answers)) == ["order_number"]


@pytest.mark.parametrize(
    ("text", "slot", "reading"),
    [
        ("it's LW-1", ORDER, "filled"),
        ("never mind", ORDER, "left"),
        ("cancel", ORDER, "left"),
        ("I don't have it", ORDER, "unclear"),
        ("it fell off the van", Slot("story", "text", ASK), "filled"),
        ("yes", None, "yes"),
        ("no thanks", None, "no"),
        ("never mind", None, "no"),
        ("cancel", None, "unclear"),
        ("取消", None, "unclear"),
        ("maybe", None, "unclear"),
    ],
)
def test_an_open_question_reads_a_message(text: str, slot: Slot | None, reading: str) -> None:
    form = Form("x", slot.name if slot else None, key=1)

    assert read_form(form, slot, text, entities_in(text)) == reading


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("sorry it's LW-2", {"order_number": "LW-2"}),
        ("not LW-1 but LW-2", {"order_number": "LW-2"}),
        ("LW-1", {}),
        ("LW-2 or LW-3", {}),
        ("no", {}),
    ],
)
def test_a_new_value_corrects_the_last_answer(text: str, changed: dict[str, str]) -> None:
    given = Given("x", "a", {"order_number": "LW-1"})

    assert corrects(given, {"order_number": ORDER}, entities_in(text)) == changed


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "Yes please!",
        "yep",
        "ok go ahead",
        "yes, cancel it",
        "sure thing",
        "yea go on then",
        "好的",
        "确认。",
    ],
)
def test_yes(text: str) -> None:
    assert is_yes(text)
    assert not is_no(text)


@pytest.mark.parametrize("text", ["no", "No, keep it", "nope", "don't", "不用了", "不要!"])
def test_no(text: str) -> None:
    assert is_no(text)
    assert not is_yes(text)


@pytest.mark.parametrize(
    "text",
    [
        "yes but the other one",
        "yes? no",
        "is it ok?",
        "okay what now",
        "thanks",
        "not sure",
        "no wait yes",
        "",
        "yes and no",
    ],
)
def test_neither_yes_nor_no(text: str) -> None:
    assert not is_yes(text)
    assert not is_no(text)


@pytest.mark.parametrize(
    "text",
    ["是的，取消吧", "好的，请取消", "好吧", "可以的", "没问题", "嗯嗯", "当然！", "好 谢谢", "是的，没错"],
)
def test_yes_in_chinese(text: str) -> None:
    assert is_yes(text)
    assert not is_no(text)


@pytest.mark.parametrize(
    "text", ["不用取消了", "不取消", "不要了，谢谢", "还是不改了吧", "不是的", "别退了", "没有了谢谢你"]
)
def test_no_in_chinese(text: str) -> None:
    assert is_no(text)
    assert not is_yes(text)


@pytest.mark.parametrize(
    "text",
    ["好像不对", "对不起", "是不是太晚了", "行李", "可以退货吗", "好的，但是换一个", "好的，先不取消", "不好意思", "不知道", "不过", "不错", "要两个", "对了", "嗯，我想想", "好的，我看看"],
)  # fmt: skip
def test_neither_in_chinese(text: str) -> None:
    assert not is_yes(text)
    assert not is_no(text)


def test_what_shall_be_instead_follows_a_no() -> None:
    assert after_no("no, make it two mugs") == "two mugs"
    assert after_no("No two mugs please") == "two mugs please"
    assert after_no("no wait, 16 Harbour Lane") == "16 Harbour Lane"
    assert [after_no(text) for text in ("no", "no, keep it", "no thanks", "nobody knows that")] == [""] * 4


def test_never_mind_leaves() -> None:
    left = [
        "never mind",
        "Oh, forget it.",
        "算了",
        "算了吧",
        "不用了，谢谢您",
        "no thanks",
        "never mind, leave it",
        "forget it and thanks",
    ]
    assert all(map(is_leaving, left))
    assert not any(
        map(is_leaving, ["cancel my order", "leave it with the neighbour", "thanks", "stop and think", ""])
    )


def test_another_one_is_meant_without_saying_which() -> None:
    meant = [
        "no, the other order",
        "Sorry, I meant a different one",
        "another order please",
        "不是，另一个",
        "别的订单",
    ]
    assert all(map(is_other_one, meant))
    other_words = [
        "another day please",
        "where is my other order",
        "the other one?",
        "wrong order",
        "no",
        "另一个沙发",
    ]
    assert not any(map(is_other_one, other_words))


def test_a_request_is_not_bare() -> None:
    for text in ("sorry, LW-1", "no, the other order LW-2", "不是,我的订单号是 LW-2"):
        assert is_bare(text, entities_in(text))
    assert not is_bare("where is LW-1", entities_in("where is LW-1"))
    assert not is_bare("thanks", [])


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("hi, where is it", "where is it"),
        ("Good morning! My sofa broke", "My sofa broke"),
        ("thanks! and when is the refund", "when is the refund"),
        ("你好，我的订单在哪", "我的订单在哪"),
        ("hi there", ""),
        ("hidden fees?", ""),
        ("where is it", ""),
    ],
)
def test_what_follows_a_greeting_is_found(text: str, rest: str) -> None:
    assert after_greeting(text) == rest


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("14 Harbour Lane, Bristol", "14 Harbour Lane, Bristol"),
        ("no wait, 16 Harbour Lane", "16 Harbour Lane"),
        ("sorry, make that three mugs", "three mugs"),
        ("yes", ""),
        ("no", ""),
        ("I don't know which ones", ""),
        ("I'm not sure what it is called, it's the long bolt", "I'm not sure what it is called, it's the long bolt"),
    ],
)  # fmt: skip
def test_free_text_is_what_is_said_without_what_leads_to_it(text: str, value: str) -> None:
    assert free_text(text) == value


@pytest.mark.parametrize(
    "text", ["hmm", "not really", "what happens to my money", "is that too late?", "yes"]
)
def test_a_doubt_or_a_question_changes_nothing_that_is_to_be_confirmed(text: str) -> None:
    assert new_free_text(text) == ""


@pytest.mark.parametrize("text", ["a third mug", "2 mugs", "14 Harbour Lane, Bristol BS1 4TR"])
def test_other_words_replace_those_to_be_confirmed(text: str) -> None:
    assert new_free_text(text) == text
