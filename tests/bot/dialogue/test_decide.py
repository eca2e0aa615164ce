"""The decision as a pure function: thresholds, clarifications in a row, anger, passages."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.decide import decide
from bot.dialogue.state import ConversationState, Form, Unsure
from bot.messages import Decision
from nlu.understanding import Sentiment, Understanding
from retrieval.budget import Budget
from retrieval.candidates import Candidate, Findings, RankedIntent

BUDGET = Budget(0.05, answer_threshold=0.8, clarify_threshold=0.4, passage_threshold=0.5)
ANSWERABLE = {"order_status", "refund_status", "refund_request", "return_label", "greeting"}


def decide_at(
    confidence: float,
    *,
    intents: tuple[str, ...] = ("order_status", "greeting", "refund_status", "unheard_of", "return_label"),
    passage: float = 0.0,
    unsure: Unsure = "",
    negatives: int = 0,
    sentiment: Sentiment | None = None,
    form: Form | None = None,
    text: str = "text",
) -> Decision:
    vector = np.ones(1, np.float32)
    found = (Candidate("article:care#1", "passage", None, passage, passage),) if passage else ()
    ranked = tuple(RankedIntent(intent, 0.9 / (place + 1)) for place, intent in enumerate(intents))
    return decide(
        Understanding(text, text, (), (), vector, vector, "en", sentiment),
        Findings(ranked, confidence, confidence, confidence, (), found, ()),
        BUDGET,
        state=ConversationState(unsure=unsure, negatives=negatives, form=form),
        answerable=ANSWERABLE,
    )


@pytest.mark.parametrize(
    ("confidence", "passage", "unsure", "kind", "reason"),
    [
        (0.80, 0.0, "", "answer", "confident"),
        (0.80, 0.0, "uncertain", "answer", "confident"),
        (0.79, 0.9, "", "clarify", "uncertain"),
        (0.40, 0.0, "", "clarify", "uncertain"),
        (0.79, 0.0, "uncertain", "hand_over", "still_uncertain"),
        (0.79, 0.0, "out_of_scope", "hand_over", "still_uncertain"),
        (0.39, 0.5, "", "answer", "passage"),
        (0.39, 0.5, "out_of_scope", "answer", "passage"),
        (0.39, 0.49, "", "clarify", "out_of_scope"),
        (0.39, 0.0, "out_of_scope", "hand_over", "out_of_scope_twice"),
        (0.39, 0.0, "uncertain", "hand_over", "still_uncertain"),
    ],
)
def test_confidence_decides(
    confidence: float, passage: float, unsure: Unsure, kind: str, reason: str
) -> None:
    decision = decide_at(confidence, passage=passage, unsure=unsure)

    assert (decision.kind, decision.reason) == (kind, reason)


@pytest.mark.parametrize(
    ("text", "confidence", "passage", "unsure", "reason"),
    [
        ("does oak fade?", 0.79, 0.5, "", "passage"),
        ("橡木会褪色吗？", 0.79, 0.5, "uncertain", "passage"),
        ("oak fades", 0.79, 0.5, "", "uncertain"),
        ("does oak fade?", 0.79, 0.49, "", "uncertain"),
        ("does oak fade?", 0.80, 0.5, "", "confident"),
    ],
)
def test_a_question_an_article_answers_is_not_asked_about(
    text: str, confidence: float, passage: float, unsure: Unsure, reason: str
) -> None:
    decision = decide_at(confidence, passage=passage, unsure=unsure, text=text)

    assert decision.reason == reason
    assert bool(decision.choices) == (reason != "confident")


def test_choices_are_answerable_and_no_small_talk() -> None:
    assert decide_at(0.5).choices == ("order_status", "refund_status", "return_label")


def test_without_choices_an_uncertain_message_is_out_of_scope() -> None:
    assert decide_at(0.5, intents=("unheard_of", "greeting")).reason == "out_of_scope"


def test_nothing_known_at_all_is_out_of_scope() -> None:
    assert decide_at(0.9, intents=()).reason == "out_of_scope"


def test_out_of_scope_as_best_intent_is_never_answered() -> None:
    assert decide_at(0.99, intents=("out_of_scope",)).reason == "out_of_scope"


@pytest.mark.parametrize(
    ("sentiment", "negatives", "reason"),
    [
        ("negative", 1, "confident"),
        ("negative", 2, "angry"),
        ("angry", 0, "confident"),
        ("angry", 1, "angry"),
        ("angry", 2, "angry"),
        ("neutral", 2, "confident"),
        ("positive", 2, "confident"),
    ],
)
def test_displeasure_counts_only_in_a_row(sentiment: Sentiment, negatives: int, reason: str) -> None:
    assert decide_at(0.9, sentiment=sentiment, negatives=negatives).reason == reason


@pytest.mark.parametrize("confidence", [0.5, 0.0])
def test_nobody_who_is_angry_is_asked_for_other_words(confidence: float) -> None:
    assert decide_at(confidence).kind == decide_at(confidence, sentiment="negative").kind == "clarify"
    found = decide_at(confidence, sentiment="angry")
    assert (found.kind, found.reason) == ("hand_over", "angry")
    assert (
        decide_at(confidence, sentiment="angry", form=Form("order_status", "order_number", 1)).kind
        == "clarify"
    )


@given(
    confidence=st.floats(0, 1),
    passage=st.floats(0, 1),
    unsure=st.sampled_from(["uncertain", "out_of_scope"]),
    sentiment=st.sampled_from([None, "negative", "positive"]),
)
def test_there_are_never_two_clarifications_in_a_row(
    confidence: float, passage: float, unsure: Unsure, sentiment: Sentiment | None
) -> None:
    assert decide_at(confidence, passage=passage, unsure=unsure, sentiment=sentiment).kind != "clarify"
