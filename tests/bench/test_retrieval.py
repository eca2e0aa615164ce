"""FAQs and queries as they come in files, and rankings scored."""

from pathlib import Path

import numpy as np
import pytest

from bench.faq import Exchange, Faq, Query, read_exchanges, read_faq, read_queries
from bench.retrieval import figures, search_articles, search_replies, training_set
from training.dataset import LabelledText
from training.errors import TrainingError

WORDS = ("wash", "money", "open", "lamp")
LONG = "Hang it up to dry. " * 60
TABLE = f"""question,answer,doc_id
How do I wash it?,Cold.,care
How do I wash it?,{LONG},care
When is the money back?,In a week.,refund
Are you open?,Until six.,hours
"""


@pytest.fixture
def faq(tmp_path: Path) -> Faq:
    path = tmp_path / "faq.csv"
    path.write_text(TABLE, "utf-8")
    return read_faq(path)


def test_a_long_answer_is_several_passages_of_one_pair(faq: Faq) -> None:
    assert list(faq.docs) == ["care", "care", "refund", "hours"]
    assert list(faq.owners) == [0, *[1] * (len(faq.passages) - 3), 2, 3]
    assert len(faq.passages) > 4
    scores = np.arange(len(faq.passages), dtype=np.float32)
    assert list(faq.best_of_pairs(scores)) == [0, len(scores) - 3, len(scores) - 2, len(scores) - 1]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("queries.csv", "query,doc_id\nmay i wash it,care\nwho are you,people\n"),
        ("queries.jsonl", '{"qid": 1, "query": "may i wash it", "relevant": "care"}\n{"text": "hi", "intents": []}\n'),
        ("turns.jsonl", '{"text": "may i wash it", "intents": ["care", "hours"]}\n{"text": "hi", "intents": ["hello"]}\n'),
    ],
)  # fmt: skip
def test_queries_that_the_faq_answers_are_read(faq: Faq, tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    assert read_queries(tmp_path / name, faq) == ([Query("may i wash it", "care")], 1)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ('{"query": "x", "relevant": "y"}\n', "none of 1 queries"),
        ("{\n", "1: not JSON"),
        ("[1]\n", "1: met"),
        ('{"query": "x"}\n', "1: met query; wanted query and doc_id"),
    ],
)
def test_files_without_queries_are_refused(faq: Faq, tmp_path: Path, content: str, complaint: str) -> None:
    (tmp_path / "queries.jsonl").write_text(content, "utf-8")
    with pytest.raises(TrainingError, match=complaint):
        read_queries(tmp_path / "queries.jsonl", faq)


def test_rankings_are_scored_by_hand(faq: Faq) -> None:
    queries = [Query("a", "care"), Query("b", "refund"), Query("c", "hours")]
    rankings = [np.array(ranking, int) for ranking in ([0, 2, 1, 3], [0, 2], [])]
    found = figures(faq, queries, rankings, [1.0, 2.0, 9.0])
    assert found.map == pytest.approx(((1 + 2 / 3) / 2 + 1 / 2 + 0) / 3, abs=1e-4)
    assert found.mrr == pytest.approx((1 + 1 / 2 + 0) / 3, abs=1e-4)
    assert (found.recall_at_1, found.recall_at_5, found.ms) == (pytest.approx(1 / 3, abs=1e-4), 0.6667, 2.0)


def vector_of(text: str) -> np.ndarray:
    """Which of four words it holds, as a direction."""
    found = np.array([word in text.lower() for word in WORDS], np.float32) + np.float32(0.01)
    return found / np.float32(np.linalg.norm(found))


def test_each_way_of_searching_is_reported(faq: Faq) -> None:
    queries = [Query("wash it cold", "care"), Query("Money!", "refund"), Query("xyzzy", "hours")]
    found = search_articles(
        faq,
        queries,
        lambda text: (text, vector_of(text)),
        lambda texts: np.stack([vector_of(text) for text in texts]),
    )
    assert list(found) == ["BM25", "dense", "fusion"]
    assert found["BM25"].recall_at_5 == pytest.approx(2 / 3, abs=1e-4)  # no word of "xyzzy" is known
    assert found["dense"].map >= 2 / 3 - 1e-4
    assert found["fusion"].recall_at_5 == 1


def test_a_reply_is_looked_for_among_those_to_others(tmp_path: Path) -> None:
    rows = [f"早上好[,wash {i} it,reply {chr(97 + i) * 4} wash\n" for i in range(12)]
    (tmp_path / "said.csv").write_text("question,last_segment,answer\n" + "".join(rows), "utf-8")
    found = read_exchanges(tmp_path / "said.csv", 11, seed=3)
    assert found == read_exchanges(tmp_path / "said.csv", 11, seed=3)
    assert len(found) == 11
    for one in found:
        assert one.said.startswith("wash ")
        assert len({one.reply, *one.others}) == len(one.others) + 1 == 10
    (tmp_path / "few.csv").write_text("question,answer\n" + "where is it,here it is\n" * 12, "utf-8")
    with pytest.raises(TrainingError, match="1 questions with an answer; wanted 10 answers or more"):
        read_exchanges(tmp_path / "few.csv", 10, seed=0)


def test_among_replies_alike_the_right_one_counts_as_last() -> None:
    said = [Exchange("wash", "wash it cold", ("open now", "lamp on", "money money"))]
    said.append(Exchange("xyzzy", "open now", ("lamp on", "money money", "wash it cold")))
    found = search_replies(
        said,
        lambda text: (text, vector_of(text)),
        lambda texts: np.stack([vector_of(text) for text in texts]),
    )
    assert found["BM25"].mrr == pytest.approx((1 + 1 / 4) / 2, abs=1e-4)
    assert found["dense"].recall_at_1 == 0.5


def test_nothing_is_learned_from_what_is_held_back(faq: Faq) -> None:
    rows = [
        LabelledText("how do i wash it", "0", "care"),
        LabelledText("May I wash it", "1", "care"),
        LabelledText("may i wash it?", "2", "care"),
        LabelledText("money", "3", "refund"),
    ]
    dataset = training_set(faq, rows, [0, 1])
    assert [row.text for row in dataset.rows] == ["When is the money back?", "Are you open?", "money"]
