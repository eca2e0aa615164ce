"""Articles become passages of readable plain text that say where they come from."""

from pathlib import Path

import pytest

from retrieval.articles import WANTED_WORDS, load_articles, read_article
from retrieval.errors import RetrievalError

CARE = """\
# Oak care
Oil it *twice* a year with [our oil](https://shop.example/oil).

## Daily
- Wipe with a **damp** cloth,
  then dry.
- No `bleach`!

## If it's stained
1. Sand.
2. Oil.
"""


def test_each_heading_is_a_passage_with_title_source_and_plain_text(tmp_path: Path) -> None:
    (tmp_path / "oak.md").write_text(CARE, "utf-8")
    first, daily, stained = load_articles(tmp_path)
    assert (first.id, first.title, first.source) == ("article:oak#1", "Oak care", "oak.md#oak-care")
    assert first.text == "Oil it twice a year with our oil."
    assert (daily.id, daily.title, daily.source) == ("article:oak#2", "Oak care: Daily", "oak.md#daily")
    assert daily.text == "- Wipe with a damp cloth, then dry.\n- No bleach!"
    assert (stained.text, stained.source) == ("1. Sand.\n2. Oil.", "oak.md#if-its-stained")


@pytest.mark.parametrize("between", [" ", "\n\n"])
def test_long_sections_are_split_and_nothing_is_lost(tmp_path: Path, between: str) -> None:
    sentences = [f"Sentence number {n} says that a table should be dry." for n in range(60)]
    (tmp_path / "long.md").write_text("# Long\n" + between.join(sentences), "utf-8")
    passages = load_articles(tmp_path)
    assert " ".join(passage.text.replace("\n", " ") for passage in passages) == " ".join(sentences)
    assert max(len(passage.text.split()) for passage in passages) <= WANTED_WORDS * 1.5
    assert len({passage.id for passage in passages}) == len(passages) > 3


def test_a_missing_folder_has_no_passages_and_an_empty_article_is_refused(tmp_path: Path) -> None:
    assert load_articles(tmp_path / "knowledge") == ()
    (tmp_path / "empty.md").write_text("# Only a heading\n", "utf-8")
    with pytest.raises(RetrievalError, match=r"empty\.md: no text in it"):
        read_article(tmp_path / "empty.md")


def test_rows_of_a_table_are_passages_under_their_questions(tmp_path: Path) -> None:
    table = (
        'id,Question,Answer\n1,Do you gift-wrap?,No.\n\n2,"Can I, say, pay later?","Yes.\nIn three parts."\n'
    )
    (tmp_path / "faq.csv").write_text(table, "utf-8-sig")
    wrap, pay = load_articles(tmp_path)
    assert (wrap.id, wrap.title, wrap.text) == ("article:faq#1", "Do you gift-wrap?", "No.")
    assert (pay.title, pay.text) == ("Can I, say, pay later?", "Yes.\nIn three parts.")
    assert (wrap.source, pay.source) == ("faq.csv#2", "faq.csv#4")


def test_a_long_answer_of_a_table_is_split_and_keeps_its_row(tmp_path: Path) -> None:
    answer = " ".join(f"Sentence number {n} says that a table should be dry." for n in range(60))
    (tmp_path / "faq.csv").write_text(f"question,answer\nDry?,{answer}\nWet?,No.\n", "utf-8")
    passages = load_articles(tmp_path)
    assert [passage.source for passage in passages].count("faq.csv#2") == len(passages) - 1 > 3
    assert len({passage.id for passage in passages}) == len(passages)


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ("q,a\nwhy?,because\n", r"faq\.csv:1: met the columns q, a; wanted question and answer"),
        ("", r"faq\.csv:1: met the columns ; wanted"),
        ("question,answer\n", "no text in it"),
        ("question,answer\nwhy?,because\nhow?,\n", r"faq\.csv:3: a row without an answer"),
        ("question,answer\n,because\n", r"faq\.csv:2: a row without a question"),
        ('question,answer\nwhy?,"because\n', r"faq\.csv:\d: not CSV"),
    ],
)
def test_a_table_that_is_no_list_of_answers_is_refused(table: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "faq.csv").write_text(table, "utf-8")
    with pytest.raises(RetrievalError, match=complaint):
        load_articles(tmp_path)


def test_all_that_is_wrong_with_all_articles_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("question,answer\nwhy?,\nhow?,so\n,because\n")
    (tmp_path / "b.md").write_bytes(b"\xff")
    (tmp_path / "c.md").write_text("Good.\n")
    (tmp_path / "d.md").mkdir()
    (tmp_path / "e.md").write_text("")
    with pytest.raises(RetrievalError) as raised:
        load_articles(tmp_path)
    told = [line.removeprefix(f"{tmp_path}/") for line in str(raised.value).splitlines()]
    wanted = ["a.csv:2: a row without an answer", "a.csv:4: a row without a question", "b.md: not a text in UTF-8",
              "d.md: not a text in UTF-8", "e.md: no text"]  # fmt: skip
    assert [line.startswith(words) for line, words in zip(told, wanted, strict=True)] == [True] * 5, told
