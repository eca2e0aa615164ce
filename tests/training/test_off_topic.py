"""The shipped messages that are off topic: which are used, and what they teach."""

import numpy as np
import pytest

from nlu.encoder import Encoded
from retrieval.fusion import OUT_OF_SCOPE
from tests.training.test_calibrate import INTENTS, messages
from training.calibrate import OFF_TOPIC_SHARE, calibrate
from training.dataset import LabelledText, folds
from training.evidence import Messages
from training.fast import fit
from training.features import Features, joined
from training.off_topic import is_off_topic, off_topic_rows, without_own_topics

ENGLISH = [LabelledText("where is it", "d0", "status")]
CHINESE = [*ENGLISH, LabelledText("我的订单在哪里", "d1", "status")]


def test_the_shipped_messages_are_out_of_scope_and_each_its_own() -> None:
    rows = off_topic_rows(CHINESE)
    assert len(rows) == len({row.text for row in rows}) == len({row.group for row in rows}) > 200
    assert {row.intent for row in rows} == {OUT_OF_SCOPE}
    assert all(map(is_off_topic, rows))
    assert not any(map(is_off_topic, CHINESE))


def test_chinese_ones_are_for_desks_that_are_written_to_in_chinese() -> None:
    assert all(row.text.isascii() for row in off_topic_rows(ENGLISH))
    assert "今天几度" in {row.text for row in off_topic_rows(CHINESE)}


def features(vectors: np.ndarray, label: str = "status") -> Features:
    rows = tuple(LabelledText(f"text {i}", f"d{i}", label) for i in range(len(vectors)))
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    encoded = tuple(Encoded("", vector, vectors[:0], np.zeros(0, np.int64), ()) for vector in vectors)
    return Features(rows, vectors.astype(np.float32), encoded)


def test_what_is_near_the_desks_own_messages_is_not_off_topic() -> None:
    rng = np.random.default_rng(0)
    own = features(np.eye(2, 8)[rng.integers(0, 2, 40)] + rng.normal(scale=0.1, size=(40, 8)))
    shipped = features(np.eye(8)[[0, 5, 1, 6]], OUT_OF_SCOPE)
    assert [row.text for row in without_own_topics(own, shipped).rows] == ["text 1", "text 3"]
    assert without_own_topics(own.only([0]), shipped).rows == ()


def test_they_count_as_their_share_and_no_more() -> None:
    own, shipped = messages(200, seed=1), messages(0, seed=2, outside=40)
    both = Messages(
        own.texts + shipped.texts, np.concatenate([own.vectors, shipped.vectors]), own.gold + shipped.gold
    )
    rows = [
        LabelledText(text, f"d{i}", label)
        for i, (text, label) in enumerate(zip(own.texts, own.gold, strict=True))
    ]
    fold_of = [*folds(rows, 4), *(i % 4 for i in range(40))]
    labels = tuple(sorted((*INTENTS, OUT_OF_SCOPE)))
    calibrated = calibrate(both, labels, fold_of, n_off_topic=40)
    weight = calibrated.sample_weight
    assert weight[:200].sum() == 200
    off_topic = weight[200:240].sum()
    assert off_topic / (200 + off_topic) == pytest.approx(OFF_TOPIC_SHARE)
    # Intents left out in turn stand in for the desk's own strangers as before.
    assert len(calibrated.evidence.gold) == 200 + 40 + 200


def test_a_model_learns_from_them_beside_the_desks_own() -> None:
    rng = np.random.default_rng(0)
    vectors = np.eye(2, 8)[np.arange(40) % 2] + rng.normal(scale=0.2, size=(40, 8))
    own = features(vectors)
    rows = tuple(LabelledText(row.text, row.group, INTENTS[i % 2]) for i, row in enumerate(own.rows))
    far = features(np.eye(8)[[5, 6] * 10] + rng.normal(scale=0.2, size=(20, 8)))
    shipped = Features(tuple(off_topic_rows(ENGLISH)[:20]), far.vectors, far.encoded)
    model = fit(joined([Features(rows, own.vectors, own.encoded), shipped]))
    assert OUT_OF_SCOPE in model.labels
    outside = model.labels.index(OUT_OF_SCOPE)
    probs = model.heads.intent.probs(np.eye(8, dtype=np.float32)[[5, 0]])
    assert probs[0].argmax() == outside != probs[1].argmax()
