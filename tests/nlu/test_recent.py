import gc
import weakref

import numpy as np
import pytest

from nlu.encoder import Encoded
from nlu.recent import KEPT, RecentTexts


class Reader:
    """Counts what it reads."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, text: str) -> Encoded:
        self.texts.append(text)
        vector = np.full(2, len(text), np.float32)
        return Encoded(text, vector, vector[None].copy(), np.zeros(1, np.int64), ((0, len(text)),))


def test_a_short_text_that_was_said_lately_is_not_read_again() -> None:
    reader = Reader()
    recent = RecentTexts(reader)
    assert recent.encode("hi") is recent.encode("hi")
    assert recent.encode("Hi").text == "Hi"
    assert reader.texts == ["hi", "Hi"]


@pytest.mark.parametrize("text", ["my number is 0151", "anna@desk.example", "where is the lamp " * 3])
def test_what_is_long_or_may_be_somebodys_is_not_kept(text: str) -> None:
    reader = Reader()
    recent = RecentTexts(reader)
    for _ in range(2):
        recent.encode(text)
    assert reader.texts == [text, text]


def test_only_so_many_are_kept_and_those_said_last() -> None:
    reader = Reader()
    recent = RecentTexts(reader)
    words = [f"lamp {chr(65 + n // 26 // 26)}{chr(65 + n // 26 % 26)}{chr(65 + n % 26)}" for n in range(KEPT)]
    for word in [*words, words[0], "one more", words[0], words[1]]:
        recent.encode(word)
    assert reader.texts == [*words, "one more", words[1]]


def test_nobody_can_write_into_what_others_share() -> None:
    found = RecentTexts(Reader()).encode("hi")
    for array in (found.vector, found.word_states, found.cases):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_after_forgetting_all_is_read_anew() -> None:
    reader = Reader()
    recent = RecentTexts(reader)
    recent.encode("hi")
    recent.forget()
    recent.encode("hi")
    assert reader.texts == ["hi", "hi"]


def test_it_is_in_no_circle_that_keeps_a_replaced_release_in_memory() -> None:
    reader = Reader()
    recent = RecentTexts(reader)
    recent.encode("hi")
    gone = weakref.ref(reader)
    gc.disable()
    try:
        del recent, reader
        assert gone() is None
    finally:
        gc.enable()
