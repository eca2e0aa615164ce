"""Passages found by meaning (dense), by words (lexical), and by both."""

import threading
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from retrieval.articles import Passage
from retrieval.lexical import LexicalIndex
from retrieval.passages import TITLE_SHARE, WORDS_WEIGHT, PassageIndex

TEXTS = ("Where is my order?", "Cancel the order, please", "退款多久到账？", "Café crème", "Opening hours")
PAIRS = tuple(("", text) for text in TEXTS)


def best(index: LexicalIndex, query: str) -> list[int]:
    """The texts that share a word with the query, best first."""
    scores = index.scores(query)
    return [int(i) for i in np.argsort(-scores, kind="stable") if scores[i] > 0]


def test_an_index_of_nothing_finds_nothing() -> None:
    assert LexicalIndex(()).scores("order").shape == (0,)
    assert PassageIndex((), encode).search("order", np.ones(3, np.float32), 3) == []


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("where's my ORDER", 0), ("cancelling orders", 1), ("退款", 2), ("cafe creme", 3), ("opened", 4),
        ("what are your opening hours on the order of sunday", 4),
    ],
)  # fmt: skip
def test_texts_that_share_words_are_found(query: str, first: int) -> None:
    assert best(LexicalIndex(PAIRS), query)[0] == first


def test_of_texts_with_the_same_characters_the_one_with_the_same_words_is_found() -> None:
    index = LexicalIndex(
        [("", text) for text in ("单子的订购", "订单的样子", "LW12的订单号", "退货", "发票", "电话")]
    )
    assert set(best(index, "订单")[:2]) == {1, 2}
    assert best(index, "我的LW12")[0] == 2
    assert 0.5 < index.scores("退货")[3] <= 1


def test_a_score_is_the_share_of_the_query_that_a_text_covers() -> None:
    index = LexicalIndex(PAIRS)
    whole, half = index.scores("opening hours"), index.scores("opening zebra")
    assert 0.5 < whole[4] <= 1
    assert 0 < half[4] < 0.6 * whole[4]


def test_a_word_of_every_other_text_tells_nothing() -> None:
    index = LexicalIndex([("", f"the {word}") for word in ("lamp", "bulb", "rug", "bed")])
    assert best(index, "the") == []
    assert index.scores("the rug") == pytest.approx(index.scores("rug"))


def test_a_word_in_a_title_counts_more() -> None:
    index = LexicalIndex(
        [("cold rug", "wash it"), ("wash it", "cold rug"), *(("lamp", f"bulb {n}") for n in range(5))]
    )
    assert best(index, "rug") == [0, 1]
    assert best(index, "wash") == [1, 0]


@pytest.mark.parametrize("query", ["", "  ?!", "xyzzy", "\x00", "\ud83d", "👍"])
def test_a_query_without_a_known_word_finds_nothing(query: str) -> None:
    assert best(LexicalIndex(PAIRS), query) == []


@pytest.mark.parametrize(
    "query", ['order" OR "x', "order NOT cancel", "order*", "NEAR(order)", "body: order", "-order", "^order"]
)
def test_marks_of_the_query_language_are_only_words(query: str) -> None:
    assert set(best(LexicalIndex(PAIRS), query)) >= {0, 1}


def test_a_long_paste_is_searched() -> None:
    index = LexicalIndex(PAIRS)
    assert best(index, "".join(chr(0x4E00 + i) for i in range(4096)))[0] == 2
    assert best(index, " ".join(f"w{i}" for i in range(2000)) + " opening")[0] == 4


def test_threads_may_search_side_by_side() -> None:
    index = LexicalIndex(PAIRS)
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.extend(best(index, "order cancel")[0] for _ in range(50)))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [1] * 300


VECTORS = {
    "Wool": (1.0, 0.0, 0.0), "Wool. Wash it cold.": (0.6, 0.8, 0.0),
    "Linen": (0.0, 0.0, 1.0), "Linen. Iron it damp.": (0.0, 0.8, 0.6),
    "Oak": (0.0, 0.0, 0.0), "Oak. Oil it.": (0.0, 0.0, 0.0),
}  # fmt: skip
PASSAGES = (
    Passage("a#1", "Wool", "Wash it cold.", "a.md"),
    Passage("a#2", "Linen", "Iron it damp.", "a.md"),
    Passage("a#3", "Oak", "Oil it.", "a.md"),
)


def encode(texts: Sequence[str]) -> NDArray[np.float32]:
    return np.array([VECTORS[text] for text in texts], np.float32)


def test_the_vector_counts_with_title_and_whole() -> None:
    index = PassageIndex(PASSAGES, encode)
    found = index.dense_scores(np.array([1, 0, 0], np.float32))
    assert found == pytest.approx([TITLE_SHARE + (1 - TITLE_SHARE) * 0.6, 0, 0])


def test_words_decide_between_like_meanings_and_not_against_a_clear_one() -> None:
    index = PassageIndex(PASSAGES, encode)
    alike = np.array([0, 1, 0], np.float32)
    assert [passage.id for passage, _ in index.search("iron", alike, 2)] == ["a#2", "a#1"]
    assert [passage.id for passage, _ in index.search("wash", alike, 2)] == ["a#1", "a#2"]
    (first, score), *_ = index.search("iron", np.array([1, 0, 0], np.float32), 1)
    assert (first.id, score) == ("a#1", pytest.approx(0.76))


def test_the_score_is_the_sum_of_both() -> None:
    index = PassageIndex(PASSAGES, encode)
    vector = np.array([0, 0.8, 0.6], np.float32)
    wanted = index.dense_scores(vector) + WORDS_WEIGHT * index.lexical_scores("iron linen")
    assert index.scores("iron linen", vector) == pytest.approx(wanted)
    assert index.lexical_scores("iron linen")[1] > 0
