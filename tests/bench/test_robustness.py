"""What a changed message keeps."""

import random

import pytest

from bench.robustness import (
    CHANGES,
    CHATTER,
    LONG_CHANGES,
    LONG_WORDS,
    typo,
    without_punctuation,
    wrong_character,
)

TEXT = "Why hasn't my new card arrived yet?"


@pytest.mark.parametrize("seed", range(20))
def test_a_typo_changes_one_word_by_one_letter(seed: int) -> None:
    words = zip(typo(TEXT, random.Random(seed)).split(), TEXT.split(), strict=True)
    changed = [(met, was) for met, was in words if met != was]
    assert len(changed) <= 1  # a swap of two equal letters shows nothing
    for met, was in changed:
        assert abs(len(met) - len(was)) <= 1
        assert met[0] == was[0]


def test_short_words_have_no_typo() -> None:
    assert typo("is it in?", random.Random(0)) == "is it in?"


def test_marks_go_and_words_stay() -> None:
    assert without_punctuation("it's late, isn't it?", random.Random(0)) == "its late isnt it"


@pytest.mark.parametrize("name", ["clean", "greeting_and_name", "two_sentences"])
def test_the_message_itself_is_kept(name: str) -> None:
    assert TEXT in CHANGES[name](TEXT, random.Random(3))


def test_changes_are_the_same_in_every_run() -> None:
    for change in CHANGES.values():
        assert change(TEXT, random.Random(5)) == change(TEXT, random.Random(5))


@pytest.mark.parametrize("seed", range(20))
def test_a_chinese_character_becomes_one_that_sounds_like_it(seed: int) -> None:
    text = "退款 LW-1 呢"
    met = wrong_character(text, random.Random(seed))
    assert sum(one != was for one, was in zip(met, text, strict=True)) == 1
    assert "LW-1" in met
    assert wrong_character(TEXT, random.Random(seed)) == TEXT


@pytest.mark.parametrize(
    ("name", "place"), [("first of 300 words", 0), ("amid 300 words", 0.5), ("last of 300 words", 1)]
)
def test_a_message_among_chatter_stands_where_it_should(name: str, place: float) -> None:
    text = LONG_CHANGES[name](TEXT, random.Random(5))
    assert LONG_WORDS - 25 < len(text.split()) <= LONG_WORDS + 25
    assert text.index(TEXT) / (len(text) - len(TEXT)) == pytest.approx(place, abs=0.1)


def test_chatter_asks_for_nothing() -> None:
    assert len(set(CHATTER)) == len(CHATTER)
    assert not any("?" in sentence or "please" in sentence.lower() for sentence in CHATTER)
