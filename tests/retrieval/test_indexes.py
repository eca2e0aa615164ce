"""Texts found by meaning (dense) and by words (lexical)."""

import threading

import numpy as np
import pytest

from retrieval.dense import DenseIndex
from retrieval.lexical import LexicalIndex

TEXTS = ("Where is my order?", "Cancel the order, please", "退款多久到账？", "Café crème", "Opening hours")


def test_the_nearest_vectors_come_first() -> None:
    index = DenseIndex(np.eye(4, dtype=np.float32))
    query = np.array([0.1, 0.9, 0.4, 0.0], np.float32)
    assert [position for position, _ in index.search(query, 3)] == [1, 2, 0]
    assert [cosine for _, cosine in index.search(query, 3)] == pytest.approx([0.9, 0.4, 0.1])
    assert len(index.search(query, 99)) == 4


def test_an_index_of_nothing_finds_nothing() -> None:
    assert DenseIndex(np.zeros((0, 4), np.float32)).search(np.zeros(4, np.float32), 3) == []
    assert LexicalIndex(()).search("order", 3) == []


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("where's my ORDER", 0), ("cancelling orders", 1), ("退款", 2), ("cafe creme", 3), ("opened", 4),
        ("what are your opening hours on the order of sunday", 4),
    ],
)  # fmt: skip
def test_texts_that_share_words_are_found(query: str, first: int) -> None:
    found = LexicalIndex(TEXTS).search(query, 5)
    assert found[0][0] == first
    scores = [score for _, score in found]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("query", ["", "  ?!", "xyzzy", "\x00", "\ud83d", "👍"])
def test_a_query_without_a_known_word_finds_nothing(query: str) -> None:
    assert LexicalIndex(TEXTS).search(query, 5) == []


@pytest.mark.parametrize(
    "query", ['order" OR "x', "order NOT cancel", "order*", "NEAR(order)", "body: order", "-order", "^order"]
)
def test_marks_of_the_query_language_are_only_words(query: str) -> None:
    assert {position for position, _ in LexicalIndex(TEXTS).search(query, 5)} >= {0, 1}


def test_a_long_paste_is_searched() -> None:
    index = LexicalIndex(TEXTS)
    assert index.search("".join(chr(0x4E00 + i) for i in range(4096)), 5)[0][0] == 2
    assert index.search(" ".join(f"w{i}" for i in range(2000)) + " opening", 5)[0][0] == 4


def test_threads_may_search_side_by_side() -> None:
    index = LexicalIndex(TEXTS)
    found: list[int] = []
    threads = [
        threading.Thread(
            target=lambda: found.extend(index.search("order cancel", 1)[0][0] for _ in range(50))
        )
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [1] * 300
