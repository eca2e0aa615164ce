"""Whether a reply agrees: with vectors that can be seen through."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from retrieval.answer_files import load_answers
from tests.tiny import ANSWERS
from training.agreement import Judge, Phrase, phrases_of, replies_of_staff, reply_to
from training.turns import Dialogue, DialogueTurn, Speaker

WORDS = ("parcel", "money", "open", "monday", "sorry")


def encode(texts: Sequence[str]) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    """An axis for each of the words."""
    found = np.array([[text.lower().count(word) for word in WORDS] for text in texts], np.float32) + 1e-3
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


PHRASES = (
    Phrase("order_status", "your parcel"),
    Phrase("refund", "your money"),
    Phrase("hours", "open monday"),
)


def turns(*said: tuple[Speaker, str]) -> tuple[DialogueTurn, ...]:
    return tuple(DialogueTurn(speaker, text) for speaker, text in said)


def test_a_reply_like_what_the_intent_is_answered_with_agrees() -> None:
    (found,) = Judge(encode, PHRASES).judge("Sorry, the parcel comes", [("order_status", "parcel!")])
    assert found is not None
    assert found.agrees
    assert found.nearest == "order_status"
    assert found.margin > 0


def test_a_reply_about_something_else_does_not_agree() -> None:
    (found,) = Judge(encode, PHRASES).judge("You have the money", [("order_status", "Your parcel comes")])
    assert found is not None
    assert not found.agrees
    assert found.nearest == "refund"


def test_saying_nearly_the_same_agrees_whatever_the_intent() -> None:
    (found,) = Judge(encode, PHRASES).judge("You have the money", [("hours", "Here is your money")])
    assert found is not None
    assert found.likeness == pytest.approx(1, abs=0.01)
    assert found.agrees


def test_what_only_a_system_can_say_is_compared_by_its_intent() -> None:
    (found,) = Judge(encode, PHRASES).judge("The parcel comes", [("order_status", "")])
    assert found is not None
    assert found.likeness is None
    assert found.agrees


def test_the_very_reply_is_no_evidence_for_its_own_label() -> None:
    own = Phrase("hours", "The money comes", is_reply=True)
    (found,) = Judge(encode, [*PHRASES, own]).judge("The money comes", [("hours", "")])
    assert found is not None
    assert not found.agrees


@pytest.mark.parametrize("reply", ["", "  \n"])
def test_without_a_reply_there_is_nothing_to_compare(reply: str) -> None:
    assert Judge(encode, PHRASES).judge(reply, [("refund", "money"), ("hours", "")]) == [None, None]


def test_without_answers_there_is_nothing_to_compare() -> None:
    assert Judge(encode, []).judge("The parcel comes", [("refund", "money")]) == [None]


def test_the_reply_is_all_that_a_person_says_until_the_customer_writes_again() -> None:
    said = turns(
        ("customer", "hi"), ("customer", "where is it"), ("agent", "Hello."), ("agent", "It comes."), ("customer", "ok"),
        ("agent", "Bye"),
    )  # fmt: skip
    assert reply_to(said, 0) == reply_to(said, 1) == "Hello.\nIt comes."
    assert reply_to(said, 4) == "Bye"


def test_a_bot_is_no_person() -> None:
    assert reply_to(turns(("customer", "hi"), ("bot", "Hello!"), ("agent", "Hello.")), 0) == ""


def test_phrases_are_the_answers_without_what_is_filled_in(tmp_path: Path) -> None:
    asking = "- {id: again, intent: hours, slots: [{name: day, entity: date, ask: 'Which day?'}], variants: ['On {{ day }}.']}"
    (tmp_path / "all.yaml").write_text(f"{ANSWERS}{asking}\n", "utf-8")
    found = phrases_of(load_answers(tmp_path))
    assert Phrase("order_status", "On its way.") in found
    assert {Phrase("hours", "On ."), Phrase("hours", "Which day?")} <= set(found)


def test_replies_of_staff_take_the_intent_of_the_message() -> None:
    asked = DialogueTurn("customer", "where", intents=("order_status",))
    dialogue = Dialogue("1", (asked, *turns(("agent", "Soon."), ("customer", "thanks"), ("agent", "Bye."))))
    assert replies_of_staff([dialogue]) == [Phrase("order_status", "Soon.", is_reply=True)]
