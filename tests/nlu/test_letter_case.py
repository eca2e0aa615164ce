"""How words are written: capitals, and what is made of them for tokens."""

import numpy as np
import pytest

from nlu.letter_case import CAPITAL, INITIAL, MIXED, SMALL, UNKNOWN, letter_cases, spread


def cases_of(text: str) -> list[int]:
    words, start = [], 0
    for word in text.split(" "):
        words.append((start, start + len(word)))
        start += len(word) + 1
    return letter_cases(text, words).tolist()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Ask Anna at IKEA", [INITIAL, INITIAL, SMALL, CAPITAL]),
        ("I bought an iPhone McCoy", [INITIAL, SMALL, SMALL, MIXED, MIXED]),
        ("Pay 20 € !", [INITIAL, UNKNOWN, UNKNOWN, UNKNOWN]),
        ("Ärger in Łódź", [INITIAL, SMALL, INITIAL]),
        ("我的 订单 iPhone", [UNKNOWN, UNKNOWN, MIXED]),
    ],
)
def test_each_word_has_a_case(text: str, wanted: list[int]) -> None:
    assert cases_of(text) == wanted


@pytest.mark.parametrize("text", ["ask anna at ikea", "ASK ANNA AT IKEA", "", "17 !"])
def test_who_writes_all_letters_alike_says_nothing_by_it(text: str) -> None:
    assert set(cases_of(text)) == {UNKNOWN}


def test_each_token_has_the_case_of_its_word() -> None:
    spread_out = spread(np.array([2, 1, 3]), [1, 3, 4], 7)  # [CLS] w w w2 w3 w3 [SEP]
    assert spread_out.tolist() == [0, 2, 2, 1, 3, 3, 0]


def test_a_text_without_words_has_tokens_of_no_case() -> None:
    assert spread(np.zeros(0, np.int64), [], 2).tolist() == [0, 0]
