"""What the sentiment head reads of a message, and what its probabilities are taken for."""

import numpy as np
import pytest

from nlu.encoder import Encoded
from nlu.sentiment import sentiment_input, sentiment_of
from nlu.signs import N_SIGNS, signs

NO_CASES = np.zeros(0, np.int64)
LABELS = ("negative", "neutral", "positive", "angry")
(PRAISE, DENIED, TROUBLE, INSULT, NOT, THANKS, CALLS, MANY_CALLS, QUESTIONS, MANY_QUESTIONS, DOTS, LOUD, SMILE, FROWN,
 RAGE) = range(N_SIGNS)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("my order hasn't arrived", {NOT: 1}),
        ("My order hasn’t arrived", {NOT: 1}),
        ("where is LW-10023", {}),
        ("this is great, thanks", {PRAISE: 2, THANKS: 1}),
        ("this is not great", {DENIED: 1, NOT: 1}),
        ("not at all what I wanted, great", {PRAISE: 1, NOT: 1}),
        ("thanks for losing it", {PRAISE: 1, TROUBLE: 1}),
        ("you idiots", {INSULT: 1}),
        ("late??", {TROUBLE: 1, QUESTIONS: 2, MANY_QUESTIONS: 1}),
        ("WHERE IS my order!!!", {CALLS: float(np.log1p(3)), MANY_CALLS: 1, LOUD: 0.5}),
        ("OK", {}),
        ("well... :)", {DOTS: 1, SMILE: 1}),
        ("no parcel :(", {NOT: 1, FROWN: 1}),
        ("🎉", {SMILE: 1}),
        ("😭", {FROWN: 1}),
        ("😡", {RAGE: 1}),
        ("谢谢", {PRAISE: 1}),
        ("我的订单还没到！", {TROUBLE: 1, CALLS: float(np.log1p(1))}),
        ("一群骗子", {INSULT: 1}),
        ("", {}),
    ],
)
def test_signs_stand_in_the_words_and_marks(text: str, found: dict[int, float]) -> None:
    wanted = np.zeros(N_SIGNS)
    wanted[list(found)] = list(found.values())
    assert signs(text) == pytest.approx(wanted)


def test_the_head_reads_the_vector_the_middle_layer_and_the_signs() -> None:
    vector = np.array([0.6, 0.8], np.float32)
    one = sentiment_input(Encoded("you idiots", vector, np.array([[3, 0], [0, 4]], np.float32), NO_CASES, ()))
    other = sentiment_input(
        Encoded("you two", vector, np.array([[30, 0], [0, 40]], np.float32), NO_CASES, ())
    )
    assert one.dtype == np.float32
    assert one[:2] == pytest.approx(vector)
    assert one[2:4] == pytest.approx([1.2, 1.6])
    assert other[:4] == pytest.approx(one[:4])
    assert (one[4:].any(), other[4:].any()) == (True, False)


def test_a_text_without_words_has_an_input_too() -> None:
    found = sentiment_input(
        Encoded("", np.array([1.0, 0.0], np.float32), np.zeros((0, 2), np.float32), NO_CASES, ())
    )
    assert found.tolist() == [1.0, *[0.0] * (3 + N_SIGNS)]


@pytest.mark.parametrize(
    ("probs", "sentiment", "prob"),
    [
        ((0.7, 0.1, 0.1, 0.1), "negative", 0.8),
        ((0.1, 0.1, 0.1, 0.7), "angry", 0.7),
        ((0.25, 0.4, 0.1, 0.25), "negative", 0.5),  # surely bad, and not surely angry
        ((0.0, 0.3, 0.25, 0.45), "negative", 0.45),
        ((0.2, 0.5, 0.1, 0.2), "neutral", 0.5),
        ((0.1, 0.2, 0.6, 0.1), "positive", 0.6),
    ],
)
def test_only_who_is_surely_angry_is_called_so(probs: tuple[float, ...], sentiment: str, prob: float) -> None:
    found, how_probable = sentiment_of(LABELS, np.array(probs, np.float32))
    assert (found, how_probable) == (sentiment, pytest.approx(prob))
