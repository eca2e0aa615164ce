"""Texts filled with made-up values: every text of the demo shop can be shown."""

import pytest

from bot.editing.examples import fill_all
from retrieval.answer_files import load_answers
from tests.shop_desk import SHOP

BOOK = load_answers(SHOP / "answers")


@pytest.mark.parametrize("answer", BOOK.answers, ids=lambda answer: answer.id)
def test_every_text_of_the_shop_can_be_shown(answer: object) -> None:
    found = BOOK.get(answer.id)  # type: ignore[attr-defined]
    for language, texts in found.variants.by_language.items():
        for filled in fill_all(texts, found, found.intent, BOOK, language=language):
            assert filled.text, filled
            assert "{" not in filled.text
            assert "object at" not in filled.text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{{ result.refund.amount | money }}", "£39.00"),
        ("{{ result.tracking_code }}", "‹tracking code›"),
        ("{% for x in result.things %}{{ x }}{% endfor %}.", "."),
        ("{% if result.status == 'shipped' %}yes{% endif %}", "yes"),
    ],
)
def test_values_are_made_up_for_what_is_asked_of_them(text: str, shown: str) -> None:
    answer = BOOK.get("order_status_shipped")
    assert fill_all([text], answer, answer.intent, BOOK, language="en")[0].text == shown


@pytest.mark.parametrize("text", ["{{ x", "{{ nothing }}", "{{ order_number() }}", "x" * 5000])
def test_what_can_not_be_a_text_is_a_problem(text: str) -> None:
    assert fill_all([text], None, "order_status", BOOK, language="en")[0].problem


@pytest.mark.parametrize("text", ["{{ result.total + 1 }}", "{{ result.name / 0 }}", "{{ 1 / 0 }}"])
def test_what_only_made_up_values_spoil_is_a_note(text: str) -> None:
    [filled] = fill_all([text], None, "order_status", BOOK, language="en")
    assert filled.note
    assert not filled.problem
