"""What speaks against an answer."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.editing.concerns import Concern, concerns_of
from bot.store.insights.answer_usage import Usage
from retrieval.answer_files import load_answers
from retrieval.answers import AnswerBook

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ANSWERS = """
- {id: a, intent: one, variants: {en: A, zh: 甲}}
- {id: b, intent: two, variants: {en: B}}
- {id: c, intent: two, variants: C}
- {id: d, intent: three, conditions: ["is_open"], variants: {en: D, zh-Hans: 丁}}
- {id: e, intent: three, conditions: ["is_open", "channel == 'web'"], variants: {en: E, zh: 戊}}
- {id: f, intent: three, conditions: ["not is_open"], variants: {en: F, zh: 己}}
- id: g
  intent: four
  slots: [{name: day, entity: date, ask: "Which?"}]
  variants: {en: G, zh: 庚}
- {id: h, intent: four, variants: {en: H, zh: 辛}}
"""


@pytest.fixture
def book(tmp_path: Path) -> AnswerBook:
    (tmp_path / "all.yaml").write_text(ANSWERS, "utf-8")
    return load_answers(tmp_path)


def kinds(book: AnswerBook, usage: dict[str, Usage], **more: object) -> dict[str, list[Concern]]:
    values = {"log_begins": NOW - timedelta(days=10), "now": NOW} | more
    return {name: found for name, found in concerns_of(book, usage, **values).items() if found}  # type: ignore[arg-type]


def test_a_language_others_have_is_missed_unless_the_text_is_for_all(book: AnswerBook) -> None:
    found = kinds(book, {})
    assert found["b"] == [Concern("language", "zh")]
    assert {"a", "c", "d"}.isdisjoint(found)


def test_what_is_never_reached_is_told(book: AnswerBook) -> None:
    found = kinds(book, {})
    assert found["e"] == [Concern("hidden", "d")]
    assert found["h"] == [Concern("hidden", "g")]
    assert "f" not in found
    assert "c" not in found  # two that ask nothing are told apart by their words


def test_an_answer_nobody_gets_is_told_once_the_log_is_old_enough(book: AnswerBook) -> None:
    used = {answer.id: Usage(1) for answer in book.answers} | {"a": Usage()}
    assert "a" not in kinds(book, used)
    assert "a" not in kinds(book, used, log_begins=None)
    old = kinds(book, used, log_begins=NOW - timedelta(days=31))
    assert old["a"] == [Concern("unused")]
    assert Concern("unused") not in old["b"]


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (Usage(20, handed_over=4), [Concern("handed_over")]),
        (Usage(20, handed_over=3), []),
        (Usage(19, handed_over=19), []),
        (Usage(5, helpful=7, not_helpful=3), [Concern("not_helpful")]),
        (Usage(5, helpful=8, not_helpful=2), []),
        (Usage(5, not_helpful=9), []),
    ],
)
def test_shares_count_from_so_many_on(book: AnswerBook, usage: Usage, expected: list[Concern]) -> None:
    assert kinds(book, {"a": usage}).get("a", []) == expected


def test_nearly_the_same_words_compete_unless_conditions_decide(book: AnswerBook) -> None:
    found = kinds(book, {}, alike=[("a", "c"), ("d", "f"), ("b", "c"), ("a", "gone")])
    assert found["a"] == [Concern("alike", "c")]
    assert found["c"] == [Concern("alike", "a"), Concern("alike", "b")]
    assert "d" not in found
