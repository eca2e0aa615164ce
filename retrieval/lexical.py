"""BM25 over short texts under titles, on SQLite's full-text search in memory."""

import math
import sqlite3
import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.words import WORD

TITLE_WEIGHT = 2.0  # of a word in a title, where one in a text counts 1
MOST = 1000  # texts found for a query; those after them share only its commonest words
K1 = 1.2  # FTS5's own


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
        rows = ((i, _words(title), _words(text)) for i, (title, text) in enumerate(texts))
        self._database.executemany("INSERT INTO texts(rowid, title, body) VALUES (?, ?, ?)", rows)
        rank = f"bm25({TITLE_WEIGHT}, 1.0)"
        self._database.execute("INSERT INTO texts(texts, rank) VALUES ('rank', ?)", (rank,))

    def scores(self, text: str) -> NDArray[np.float32]:
        """How much of a query each text covers: (texts,), 0..1.

        It is BM25 over the most that any text could have for the query, so that "how do I", shared with
        many, stays near 0 where the best of a query's own scores would be 1."""
        scores = np.zeros(self._n, np.float32)
        words = [f'"{word}"' for word in dict.fromkeys(WORD.findall(text.casefold()))]
        if not words or not self._n:
            return scores
        with self._lock:
            rows = self._database.execute(
                "SELECT rowid, -rank FROM texts WHERE texts MATCH ? ORDER BY rank LIMIT ?",
                (" OR ".join(words), MOST),
            ).fetchall()
            most = sum(self._idf(word) for word in words) * (K1 + 1) if rows else 1.0
        for position, score in rows:
            scores[position] = score / most
        return scores

    def _idf(self, word: str) -> float:
        query = "SELECT count(*) FROM texts WHERE texts MATCH ?"
        n_with = int(self._database.execute(query, (word,)).fetchone()[0])
        return max(1e-6, math.log((self._n - n_with + 0.5) / (n_with + 0.5)))


def _words(text: str) -> str:
    return " ".join(WORD.findall(text))
