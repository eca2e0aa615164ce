"""BM25 over short texts under titles, on SQLite's full-text search in memory."""

import math
import sqlite3
import threading
from collections.abc import Sequence
from functools import lru_cache, partial

import numpy as np
import regex
from numpy.typing import NDArray

from retrieval.words import UNSPACED, WORD

TITLE_WEIGHT = 2.0  # of a word in a title, where one in a text counts 1
K1 = 1.2  # FTS5's own
# Two characters in a row. Without them an FAQ's other questions for an answer are found worse: E.SUN's with an MRR of
# .556, with them .580.
PAIR = regex.compile(f"({UNSPACED.pattern})({UNSPACED.pattern})")
SEARCH = "SELECT rowid, -bm25(texts, ?, 1.0) FROM texts WHERE texts MATCH ?"
COUNT = "SELECT count(*) FROM texts WHERE texts MATCH ?"


class LexicalIndex:
    """Texts searched by BM25 (Robertson and Zaragoza 2009, as FTS5 computes it), stemmed for English."""

    def __init__(self, texts: Sequence[tuple[str, str]]) -> None:
        """`texts`: pairs of title and text."""
        self._n = len(texts)
        self._lock = threading.Lock()
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._database.execute(
            "CREATE VIRTUAL TABLE texts USING fts5(title, body, tokenize='porter unicode61')"
        )
        rows = ((i, " ".join(_terms(title)), " ".join(_terms(text))) for i, (title, text) in enumerate(texts))
        self._database.executemany("INSERT INTO texts(rowid, title, body) VALUES (?, ?, ?)", rows)
        # Customers share most of their words. No method, as in nlu/spelling.py.
        self._idf = lru_cache(maxsize=10_000)(partial(_count_idf, self._database, self._n))

    def scores(self, text: str) -> NDArray[np.float32]:
        """How much of a query each text covers: (texts,), 0..1.

        It is BM25 over the most that any text could have for the query, so that "how do I", shared with
        many, stays near 0 where the best of a query's own scores would be 1."""
        scores = np.zeros(self._n, np.float32)
        with self._lock:
            idf = {word: self._idf(word) for word in _terms(text.casefold())}
            rare = [f'"{word}"' for word, weight in idf.items() if weight > 0]
            if not rare:
                return scores
            rows = self._database.execute(SEARCH, (TITLE_WEIGHT, " OR ".join(rare))).fetchall()
        most = (K1 + 1) * sum(max(weight, 0.0) for weight in idf.values())
        for position, score in rows:
            scores[position] = score / most
        return scores


def _count_idf(database: sqlite3.Connection, n: int, word: str) -> float:
    """As FTS5 has it; 0 or less for a word in half of the `n` texts or more, which tells nothing."""
    n_with = int(database.execute(COUNT, (f'"{word}"',)).fetchone()[0])
    return math.log((n - n_with + 0.5) / (n_with + 0.5))


def _terms(text: str) -> list[str]:
    """The words; of Chinese each character and each two in a row, for it doesn't set words apart."""
    words = WORD.findall(text)
    if not UNSPACED.search(text):
        return words
    pairs = (found[1] + found[2] for found in PAIR.finditer(text, overlapped=True))
    return [*words, *pairs]
