"""A long training text teaches what it is about."""

from pathlib import Path

import numpy as np
import pytest

from training.dataset import LabelledText
from training.features import encode_rows
from training.long_rows import with_gists
from training.off_topic import off_topic_rows

pytestmark = pytest.mark.slow

CHATTER = "sing a song. tell me a joke. who won the game? " * 20
REQUESTS = {
    "cancel_order": "please cancel the blue lamp now!",
    "refund_request": "give my money back for the sofa!",
}
SHORT = [LabelledText(text, text, intent) for intent, text in REQUESTS.items() for _ in range(20)]


def test_long_rows_are_read_by_their_gist_and_short_ones_stay(release: Path) -> None:
    rows = [*SHORT, LabelledText(f"{CHATTER}{REQUESTS['cancel_order']} {CHATTER}", "long", "cancel_order")]
    jokes = [
        LabelledText(text, text, "out_of_scope") for text in ("sing a song.", "tell me a joke.", "who won?")
    ]
    features, off_topic = (encode_rows(some, release, "int8") for some in (rows, jokes))
    read = with_gists(features, features, off_topic, release, "int8", words={})
    assert REQUESTS["cancel_order"] in read.encoded[-1].text
    assert len(read.encoded[-1].text) < len(rows[-1].text) / 4
    assert np.array_equal(read.vectors[-1], read.encoded[-1].vector)
    assert read.rows == features.rows
    assert read.encoded[:-1] == features.encoded[:-1]


def test_where_no_row_is_long_nothing_is_read_again(release: Path) -> None:
    features = encode_rows(SHORT, release, "int8")
    off_topic = encode_rows(off_topic_rows(SHORT)[:5], release, "int8")
    assert with_gists(features, features, off_topic, release, "int8", words={}) is features
