"""Naive Bayes over the words of examples, against scikit-learn's, and as it grows and shrinks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB

from retrieval.words import SMOOTHING, WORD, WordCounts

EXAMPLES = [
    ("where is my order", "order_status"),
    ("where is the parcel", "order_status"),
    ("cancel my order", "cancel_order"),
    ("please cancel it", "cancel_order"),
    ("a lamp, please", "buy"),
]
INTENTS = ("buy", "cancel_order", "order_status")


@pytest.mark.parametrize("text", ["Cancel my order!", "where is my lamp", "is the order late", "lamp"])
def test_scores_are_those_of_multinomial_naive_bayes(text: str) -> None:
    texts, intents = zip(*EXAMPLES, strict=True)
    terms = CountVectorizer(ngram_range=(1, 2), binary=True, token_pattern=WORD.pattern)
    model = MultinomialNB(alpha=SMOOTHING, fit_prior=False).fit(terms.fit_transform(texts), intents)
    wanted = (terms.transform([text]) @ model.feature_log_prob_.T)[0]
    np.testing.assert_allclose(WordCounts(EXAMPLES).scores(text, INTENTS), wanted - wanted.max(), atol=1e-9)


def test_words_never_seen_say_nothing() -> None:
    assert WordCounts(EXAMPLES).scores("quack 42", INTENTS).tolist() == [0.0, 0.0, 0.0]
    assert WordCounts().scores("where", INTENTS).tolist() == [0.0, 0.0, 0.0]
    assert WordCounts(EXAMPLES).scores("where", ()).tolist() == []


def test_chinese_is_counted_by_character_and_pair() -> None:
    counts = WordCounts([("我要退款", "refund"), ("我要发票", "invoice")])
    refund, invoice = counts.scores("退款", ("refund", "invoice"))
    assert refund == 0 > invoice


def test_chinese_is_parted_from_the_number_before_it() -> None:
    counts = WordCounts([("LW10023的快递", "status"), ("LW10023的发票", "invoice")])
    assert counts.scores("快递", ("status", "invoice"))[1] < 0


words = st.sampled_from(["where", "order", "cancel", "my", "late", "订", "单"])
examples = st.tuples(st.lists(words, max_size=5).map(" ".join), st.sampled_from(INTENTS))


@given(st.lists(examples, max_size=8), st.lists(examples, max_size=4), st.lists(words, max_size=5))
def test_what_is_added_and_removed_again_leaves_no_trace(
    kept: list[tuple[str, str]], passing: list[tuple[str, str]], asked: list[str]
) -> None:
    counts = WordCounts(kept)
    for text, intent in passing:
        counts.add(text, intent)
    for text, intent in passing:
        counts.remove(text, intent)
    text = " ".join(asked)
    np.testing.assert_allclose(counts.scores(text, INTENTS), WordCounts(kept).scores(text, INTENTS))


@given(st.lists(examples, max_size=8), st.lists(examples, max_size=8), st.lists(words, max_size=5))
def test_counts_are_the_same_folded_and_read_from_arrays(
    first: list[tuple[str, str]], later: list[tuple[str, str]], asked: list[str]
) -> None:
    counts = WordCounts(first)
    for text, intent in later:
        counts.add(text, intent)
    text = " ".join(asked)
    wanted = WordCounts([*first, *later]).scores(text, INTENTS)
    np.testing.assert_allclose(counts.scores(text, INTENTS), wanted)
    intents, keys, numbers = counts.arrays()
    assert (np.diff(keys.astype(object)) > 0).all()
    np.testing.assert_allclose(counts.scores(text, INTENTS), wanted)
    read = WordCounts.of_arrays(intents, keys, numbers)
    read.add("late parcel", "buy")
    read.remove("late parcel", "buy")
    np.testing.assert_allclose(read.scores(text, INTENTS), wanted)


def test_new_counts_are_folded_when_they_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retrieval.words.FOLD_AT", 4)
    counts = WordCounts()
    for text, intent in EXAMPLES:
        counts.add(text, intent)
    asked = "where is my lamp"
    np.testing.assert_allclose(counts.scores(asked, INTENTS), WordCounts(EXAMPLES).scores(asked, INTENTS))
