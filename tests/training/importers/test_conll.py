"""CoNLL: tokens and tags become texts with entities."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.importers.reading import dialogues, entities, read, reasons, said
from training.errors import TrainingError
from training.importers.conll import join_tokens


def rows(text: str) -> str:
    """Tokens and tags written as word/TAG."""
    return "\n".join(pair.replace("/", "\t") for pair in text.split())


@pytest.mark.parametrize(
    ("tagged", "text", "found"),
    [
        ("to/O Rome/B-city", "to Rome", [("Rome", "city")]),
        ("New/B-city York/I-city Rome/B-city", "New York Rome", [("New York", "city"), ("Rome", "city")]),
        ("New/I-city York/I-city", "New York", [("New York", "city")]),
        ("New/B-city York/E-city Rome/S-city", "New York Rome", [("New York", "city"), ("Rome", "city")]),
        ("New/B-city old/M-city York/L-city Rome/U-city", "New old York Rome", [("New old York", "city"), ("Rome", "city")]),
        ("I-5/B-road runs/O", "I-5 runs", [("I-5", "road")]),
        ("我/O 在/O 北/B-city 京/I-city 。/O", "我在北京。", [("北京", "city")]),
    ],
)  # fmt: skip
def test_tags_of_every_scheme_give_the_same_entities(
    tmp_path: Path, tagged: str, text: str, found: list[tuple[str, str]]
) -> None:
    [one] = dialogues(tmp_path, "conll", rows(tagged))
    assert said(one) == [("customer", text)]
    assert [(words, label) for words, label, _ in entities(one)] == found


def test_sentences_end_at_empty_lines_and_columns_may_be_many(tmp_path: Path) -> None:
    content = "-DOCSTART- -X- O O\n\n# a comment\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n\n\nno O\n# O\n"
    found, skipped = read(tmp_path, "conll", content)
    assert skipped == []
    assert [said(one.dialogue) for one in found] == [[("customer", "EU rejects")], [("customer", "no #")]]
    assert [one.line for one in found] == [4, 8]


@pytest.mark.parametrize("line", ["broken", "a\tb\tc", "\tO", "x B-", "x Q-city"])
def test_a_sentence_with_another_line_is_skipped(tmp_path: Path, line: str) -> None:
    found, skipped = read(tmp_path, "conll", f"to O\n{line}\nRome B-city\n\nhi O\n")
    assert [said(one.dialogue) for one in found] == [[("customer", "hi")]]
    assert reasons(skipped) == [("1", "a line that isn't a token and a tag")]
    assert skipped[0].met.startswith("line 2: ")


def test_a_file_without_a_sentence_is_none(tmp_path: Path) -> None:
    with pytest.raises(
        TrainingError, match=r"file: no sentence of tokens and tags such as 'Rome<TAB>B-city'"
    ):
        read(tmp_path, "conll", "hello\nworld\n")


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ('He said: "I can\'t pay (€5)," and left.', 'He said : " I ca n\'t pay ( € 5 ) , " and left .'),
        ("It's $5.", "It 's $ 5 ."),
        ("U.N. officials' 3-1 win!", "U.N. officials' 3-1 win !"),
        ("我的号码是123，谢谢。", "我 的 号码 是123 ， 谢谢 。"),
        ("하나 둘", "하나 둘"),
    ],
)
def test_tokens_are_joined_as_people_write(text: str, tokens: str) -> None:
    assert join_tokens(tokens.split())[0] == text


@given(st.lists(st.text(min_size=1).filter(lambda token: not token.isspace()), max_size=6))
def test_every_token_stands_where_it_is_said_to(tokens: list[str]) -> None:
    text, places = join_tokens(tokens)
    assert [text[start:end] for start, end in places] == tokens
