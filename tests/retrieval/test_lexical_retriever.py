"""Retrieval without vectors: sure of the same words, asking about some of them, silent about others."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.answers import Answer, AnswerBook, Phrasing
from retrieval.candidates import Findings
from retrieval.examples import Example
from retrieval.lexical_retriever import LexicalRetriever

SAID = (
    ("where is my order", "order_status"),
    ("has my parcel been sent yet", "order_status"),
    ("track my delivery please", "order_status"),
    ("the mirror arrived broken", "damaged"),
    ("my vase was cracked when it arrived", "damaged"),
    ("do you do gift wrapping", "gifts"),
    ("what is the capital of France", "out_of_scope"),
)
NOTHING = np.zeros(0, np.float32)


@pytest.fixture
def retriever() -> LexicalRetriever:
    title = Phrasing({"": ("Tracking",)})
    answers = AnswerBook([Answer("track", "order_status", Phrasing({"": ("It is on its way.",)}), title)])
    return LexicalRetriever([Example(text, intent) for text, intent in SAID], answers)


def look(retriever: LexicalRetriever, text: str) -> Findings:
    return retriever.search(text, NOTHING, NOTHING)


def is_sure(retriever: LexicalRetriever, found: Findings) -> bool:
    return found.confidence >= retriever.budget.answer_threshold


def test_the_very_same_words_are_answered(retriever: LexicalRetriever) -> None:
    found = look(retriever, "Where is my ORDER")
    assert is_sure(retriever, found)
    assert found.intents[0].intent == "order_status"
    assert [(one.id, one.text) for one in found.answers] == [("track", "It is on its way.")]


def test_most_of_the_words_are_enough(retriever: LexicalRetriever) -> None:
    found = look(retriever, "my mirror has arrived broken")
    assert is_sure(retriever, found)
    assert found.intents[0].intent == "damaged"


def test_other_words_are_not_answered(retriever: LexicalRetriever) -> None:
    found = look(retriever, "zxcv qwer")
    assert not is_sure(retriever, found)
    assert found.choice_prob < retriever.budget.clarify_threshold


def test_what_the_desk_is_not_for_is_not_answered(retriever: LexicalRetriever) -> None:
    found = look(retriever, "the capital of France")
    assert not is_sure(retriever, found)
    assert "out_of_scope" not in [one.intent for one in found.intents]


def test_a_correction_counts_at_once_and_is_taken_back(retriever: LexicalRetriever) -> None:
    retriever.learn("kindly dance", "gifts", NOTHING, correction_id=7)
    retriever.learn("where is my order", "damaged", NOTHING, correction_id=8, answer_id="track")
    assert look(retriever, "kindly dance").intents[0].intent == "gifts"
    corrected = look(retriever, "where is my order")
    assert (corrected.intents[0].intent, corrected.is_corrected, corrected.taught_answer) == (
        "damaged",
        True,
        "track",
    )
    assert retriever.unlearn(8)
    assert not retriever.unlearn(8)
    assert look(retriever, "where is my order").intents[0].intent == "order_status"


def test_without_examples_nothing_is_found(retriever: LexicalRetriever) -> None:
    found = look(LexicalRetriever([], AnswerBook(())), "where is my order")
    assert (found.intents, found.confidence, found.choice_prob) == ((), 0.0, 0.0)


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    found = look(LexicalRetriever([Example(*one) for one in SAID], AnswerBook(())), text)
    assert 0 <= found.confidence <= 1
