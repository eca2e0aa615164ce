"""Which of an intent's answers is given."""

from pathlib import Path

import pytest

from bot.dialogue.answering import likeliest_first
from retrieval.answer_files import load_answers
from retrieval.answers import AnswerBook
from retrieval.candidates import Candidate, Findings

ANSWERS = """
- {id: known, intent: pay, slots: [{name: order_number, ask: "Which?"}], variants: ["{{ order_number }}"]}
- {id: declined, intent: pay, variants: ["Your bank says no."]}
- {id: abroad, intent: pay, conditions: ["channel == 'web'"], variants: ["Abroad."]}
- {id: twice, intent: pay, variants: ["Taken twice."]}
- {id: guide, intent: pay, knowledge: true, variants: ["{{ passage.text }}"]}
"""


@pytest.fixture
def book(tmp_path: Path) -> AnswerBook:
    (tmp_path / "pay.yaml").write_text(ANSWERS)
    return load_answers(tmp_path)


def findings(*ids: str) -> Findings:
    found = tuple(Candidate(answer_id, "answer", "pay", 0.5, 0.5) for answer_id in ids)
    return Findings((), 0.9, 0.9, 0.9, found, (), ())


def test_of_answers_that_hold_for_anybody_the_likeliest_comes_first(book: AnswerBook) -> None:
    found = findings("guide", "twice", "abroad", "declined", "known")
    ordered = [answer.id for answer in likeliest_first(book.of_intent("pay"), found)]
    assert ordered == ["known", "twice", "abroad", "declined", "guide"]


@pytest.mark.parametrize("found", [None, findings()])
def test_where_nothing_is_known_of_their_likeness_the_order_of_the_file_holds(
    book: AnswerBook, found: Findings | None
) -> None:
    answers = book.of_intent("pay")
    assert likeliest_first(answers, found) == tuple(answers)
