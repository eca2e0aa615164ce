"""The sentiment head: the shipped messages, the desk's own, and labels that may mean two things."""

from collections import Counter

import numpy as np
import pytest

from nlu.encoder import Encoded
from nlu.heads import LinearHead
from training.dataset import LabelledText
from training.features import Features
from training.sentiment import (
    LABELS,
    Fitting,
    as_labelled,
    choose_fitting,
    cross_validated,
    fit_sentiment_head,
    gather_moods,
    is_shipped_sentiment,
    read_sentiments,
    shipped_rows,
)

ENGLISH = [LabelledText("where is it", "d0", "status")]
CHINESE = [*ENGLISH, LabelledText("我的订单在哪里", "d1", "status")]


NO_CASES = np.zeros(0, np.int64)


def features(rows: list[LabelledText]) -> Features:
    """Rows whose vectors say nothing: only the signs in their texts do."""
    vectors = np.tile(np.eye(1, 4, dtype=np.float32), (len(rows), 1))
    encoded = tuple(
        Encoded(row.text, vector, vector[None], NO_CASES, ())
        for row, vector in zip(rows, vectors, strict=True)
    )
    return Features(tuple(rows), vectors, encoded)


def fitted(known: Features, held_out: Features | None = None) -> LinearHead:
    fitting = choose_fitting(known, held_out)
    assert fitting is not None
    return fit_sentiment_head(known, fitting)


def said(sentiment: str | None, *texts: str) -> list[LabelledText]:
    return [LabelledText(text, f"d{text}", sentiment=sentiment) for text in texts]


def test_hundreds_of_messages_of_each_sentiment_ship_in_two_languages() -> None:
    english, both = shipped_rows(ENGLISH), shipped_rows(CHINESE)
    assert len({row.text for row in both}) == len(both) == len({row.group for row in both})
    assert all(map(is_shipped_sentiment, both))
    assert not any(map(is_shipped_sentiment, CHINESE))
    assert {row.intent for row in both} == {None}
    assert min(Counter(row.sentiment for row in english).values()) > 150
    assert (
        min((Counter(row.sentiment for row in both) - Counter(row.sentiment for row in english)).values())
        > 30
    )
    assert {row.sentiment for row in both} == set(LABELS)


@pytest.mark.parametrize(
    ("text", "sentiment"),
    [
        ("my parcel is late, there is a problem", "negative"),
        ("you stupid idiots, damn it!!!", "angry"),
        ("great, thank you", "positive"),
        ("which colours are there?", "neutral"),
    ],
)
def test_what_ships_alone_tells_a_problem_from_an_insult(text: str, sentiment: str) -> None:
    head = fitted(features(shipped_rows(ENGLISH)))
    assert read_sentiments(head, features(said(None, text))) == [sentiment]


def test_without_any_label_there_is_no_head() -> None:
    assert choose_fitting(features(said(None, "hello", "hi"))) is None


def test_the_desks_own_messages_count_for_more_the_more_there_are() -> None:
    own = said("positive", *(f"the {n} is late" for n in range(400)))
    head = fitted(features([*own, *shipped_rows(ENGLISH)]))
    assert read_sentiments(head, features(said(None, "it is late"))) == ["positive"]


def test_anger_is_found_among_what_a_desk_calls_negative() -> None:
    own = said("negative", "it is late", "you stupid idiots, damn it!!!")
    shipped = shipped_rows(ENGLISH)
    assert gather_moods(features([*own, *shipped])).labels[:2].tolist() == ["negative", "angry"]
    assert gather_moods(features(own), features(shipped)).labels.tolist() == ["negative", "angry"]


def test_a_desk_that_labels_anger_means_what_it_says() -> None:
    own = [*said("negative", "you stupid idiots, damn it!!!"), *said("angry", "you fools!!!")]
    assert gather_moods(features([*own, *shipped_rows(ENGLISH)])).labels[:2].tolist() == ["negative", "angry"]
    assert gather_moods(features(own)).labels.tolist() == ["negative", "angry"]


def test_messages_the_encoder_saw_dont_choose_for_themselves() -> None:
    known = features([*said("positive", *(f"so late {n}" for n in range(99))), *shipped_rows(ENGLISH)])
    met = features(said("negative", *(f"this is late {n}" for n in range(99))))
    sure, unsure = fitted(known), fitted(known, met)
    assert np.abs(unsure.weight).sum() < np.abs(sure.weight).sum()


def test_anger_is_negative_where_none_is_labelled() -> None:
    assert as_labelled(["angry", "neutral"], ["negative", "neutral"]) == ["negative", "neutral"]
    assert as_labelled(["angry", "neutral"], ["angry", "neutral"]) == ["angry", "neutral"]


def test_cross_validation_reads_most_of_the_signs_rightly() -> None:
    gold, found = cross_validated(features(shipped_rows(ENGLISH)), Fitting(1.0, 1.0))
    assert len(gold) == len(found) == len(shipped_rows(ENGLISH))
    # The four are about as frequent, so that a guess is right in one of four.
    assert 0.6 < np.mean([a == b for a, b in zip(gold, found, strict=True)]) < 1
