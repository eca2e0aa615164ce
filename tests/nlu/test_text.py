"""Cleaning keeps every character's place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.text import MAX_CHARS, UNSEEN, clean


@given(st.text(max_size=200))
def test_each_character_stands_for_itself_or_becomes_one_space(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned) == len(text)
    assert all(after in (before, " ") for before, after in zip(text, cleaned, strict=True))
    assert not UNSEEN.search(cleaned)


@pytest.mark.parametrize(
    "seen", ["naïve", "nai\u0308ve", "你好，吗？", "👍🏽", "Straße", "£39.00", "İstanbul"]
)
def test_what_can_be_seen_stays(seen: str) -> None:
    assert clean(seen) == seen


@pytest.mark.parametrize("unseen", ["\n", "\t", "\x00", "\u200b", "\u2028", "\u00a0", "\ufe0f", "\ud83d"])
def test_what_cant_be_seen_becomes_a_space(unseen: str) -> None:
    assert clean(f"a{unseen}b") == "a b"


def test_a_longer_text_is_cut() -> None:
    assert clean("x" * (MAX_CHARS + 1)) == "x" * MAX_CHARS
    assert clean("abcdef", max_chars=3) == "abc"
