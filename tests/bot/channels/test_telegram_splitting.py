"""Long texts in parts: nothing lost, no part too long, cut where a reader would."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram.splitting import split


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        (" \n ", []),
        ("short", ["short"]),
        ("x" * 20, ["x" * 20]),
        ("x" * 21, ["x" * 20, "x"]),
        ("one two three\n\nfour five six", ["one two three", "four five six"]),
        ("one two, three\nfour five six", ["one two, three", "four five six"]),
        ("One two three. Four five six.", ["One two three.", "Four five six."]),
        ("one two three four five", ["one two three four", "five"]),
        (
            "一二三四五六七八九十一二。一二三四五六七八九十",
            ["一二三四五六七八九十一二。", "一二三四五六七八九十"],
        ),
        ("👍" * 11, ["👍" * 10, "👍"]),
        ("x" + "👍" * 10, ["x" + "👍" * 9, "👍"]),
        # A border early on would leave a part too small to be worth a message.
        ("One. " + "x" * 30, ["One. " + "x" * 15, "x" * 15]),
    ],
)
def test_texts_are_cut_at_the_best_border(text: str, parts: list[str]) -> None:
    assert split(text, 20) == parts


@given(st.text(st.sampled_from("ab .\n。👍字")), st.integers(2, 12))
def test_no_part_is_too_long_and_no_word_is_lost(text: str, limit: int) -> None:
    parts = split(text, limit)

    assert all(0 < len(part.encode("utf-16-le")) // 2 <= limit for part in parts)
    assert all(part == part.strip() for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
