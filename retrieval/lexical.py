"""BM25 over short texts, on SQLite's full-text search in memory."""

import sqlite3
import threading
from collections.abc import Sequence

from retrieval.words import WORD


class LexicalIndex:
    """Texts searched by BM25 (Robertson and Zaragoza 2009, as FTS5 computes it), stemmed for English."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._lock = threading.Lock()
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._database.execute("CREATE VIRTUAL TABLE texts USING fts5(body, tokenize='porter unicode61')")
        rows = ((i, " ".join(WORD.findall(text))) for i, text in enumerate(texts))
        self._database.executemany("INSERT INTO texts(rowid, body) VALUES (?, ?)", rows)

    def search(self, text: str, k: int) -> list[tuple[int, float]]:
        """The k best texts as (position, BM25 score), best first; none share a word with the query: empty."""
        words = dict.fromkeys(WORD.findall(text.casefold()))
        if not words:
            return []
        query = " OR ".join(f'"{word}"' for word in words)
        with self._lock:
            rows = self._database.execute(
                "SELECT rowid, -bm25(texts) FROM texts WHERE texts MATCH ? ORDER BY bm25(texts) LIMIT ?",
                (query, k),
            ).fetchall()
        return [(int(row), float(score)) for row, score in rows]
