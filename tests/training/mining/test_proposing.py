"""What is encoded while answers are proposed."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from training.mining import proposing
from training.mining.proposing import EncodedOnce


def by_length(asked: list[list[str]], texts: Sequence[str]) -> NDArray[np.float32]:
    asked.append(list(texts))
    return np.array([[len(text)] for text in texts], np.float32)


def test_a_text_is_encoded_once_however_often_it_was_said() -> None:
    asked: list[list[str]] = []
    encode = EncodedOnce(lambda texts: by_length(asked, texts))
    assert encode(["a", "bb", "a"]).tolist() == [[1], [2], [1]]
    assert encode(["ccc", "bb"]).tolist() == [[3], [2]]
    assert encode(["a"]).tolist() == [[1]]
    assert asked == [["a", "bb"], ["ccc"]]


def test_those_that_came_last_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proposing, "KEPT", 2)
    asked: list[list[str]] = []
    encode = EncodedOnce(lambda texts: by_length(asked, texts))
    assert encode(["a", "bb", "ccc"]).tolist() == [[1], [2], [3]]
    assert encode(["ccc", "a"]).tolist() == [[3], [1]]
    assert asked == [["a", "bb", "ccc"], ["a"]]
