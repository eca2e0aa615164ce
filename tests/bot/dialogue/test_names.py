"""Set phrases, titles and labels mean what they stand for, however they are typed and in whatever language."""

from pathlib import Path

import pytest

from bot.dialogue.names import meant_by_name
from retrieval.answer_files import load_answers
from retrieval.answers import AnswerBook

ANSWERS = """
- {id: greeting, intent: greeting, title: Hello, variants: ["Hello!"]}
- id: costs
  intent: shipping
  title: {en: What delivery costs, zh: 运费}
  variants: ["£5"]
  buttons:
    - {label: Abroad, answer: abroad}
    - {label: {en: "What delivery costs", zh: 订单}, intent: order}
- {id: abroad, intent: shipping, title: To other countries, variants: ["£9"]}
- {id: thanks, intent: thanks, title: Thanks, variants: ["Welcome!"]}
- {id: order, intent: order, title: My order, variants: ["Soon."]}
"""


@pytest.fixture
def book(tmp_path: Path) -> AnswerBook:
    (tmp_path / "all.yaml").write_text(ANSWERS, "utf-8")
    return load_answers(tmp_path)


@pytest.mark.parametrize(
    ("text", "intent", "answer_id"),
    [
        ("what DELIVERY costs?", "shipping", None),
        ("运费", "shipping", None),
        ("运费？", "shipping", None),
        ("abroad", "shipping", "abroad"),
        ("to other countries", "shipping", None),
        ("订单", "order", None),
        ("你好！", "greeting", None),
        ("你好，在吗？", "greeting", None),
        ("Hi  there!", "greeting", None),
        ("👍", "thanks", None),
        ("OK.", "thanks", None),
    ],
)
def test_a_name_stands_for_its_intent_or_answer(
    text: str, intent: str, answer_id: str | None, book: AnswerBook
) -> None:
    decision = meant_by_name(book, text)
    assert decision is not None
    assert (decision.kind, decision.intent, decision.answer_id) == ("answer", intent, answer_id)


@pytest.mark.parametrize(
    "text", ["what delivery costs me", "goodbye", "转人工", "", "?!", "£5", "🤷", "hello sofa"]
)
def test_other_words_and_phrases_without_an_answer_mean_nothing_here(text: str, book: AnswerBook) -> None:
    assert meant_by_name(book, text) is None
