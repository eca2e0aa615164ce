"""Which words are put right, and where they stood."""

from pathlib import Path

import pytest

from nlu.encoder import Encoder
from nlu.files import ReleaseFiles
from nlu.gist import GistReader
from nlu.spelling import Reading, Speller, count_words

MESSAGES = (
    "I was charged twice", "why was I charged", "the recipient is wrong", "a wrong recipient", "my sofa", "your sofa",
    "tracking number", "the tracking", "the invoicd", "I charge", "我要退款", "退款多久到账",
)  # fmt: skip


@pytest.fixture
def encoder(release: Path) -> Encoder:
    files = ReleaseFiles(release)
    return Encoder(files.encoder("int8"), files.tokenizer)


@pytest.fixture
def speller(encoder: Encoder) -> Speller:
    return Speller(count_words(MESSAGES), encoder)


def test_words_are_counted_once_a_text() -> None:
    assert count_words(["Sofa, sofa, so good", "my sofa"]) == {"good": 1, "my": 1, "so": 1, "sofa": 2}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("I was cahrged twice", "I was charged twice"),  # swapped
        ("I was chaged twice", "I was charged twice"),  # left out
        ("I was chargged twice", "I was charged twice"),  # added
        ("the recepeint", "the recipient"),  # two slips in a long word
        ("CHARGEX!", "CHARGED!"),  # of two as near, the more frequent
        ("the invoicd", "the invoicd"),  # as somebody wrote in training
        ("invoicx", "invoicx"),  # near a word that only one text has
        ("sof, xofa", "sof, xofa"),  # too short; another first letter
        ("a chrgd", "a chrgd"),  # two slips in a short word
        ("where is my lamp", "where is my lamp"),  # the tokenizer's own word
        ("订单 LW-1002 在哪里", "订单 LW-1002 在哪里"),
        ("我要退宽 cahrged", "我要退款 charged"),
        ("", ""),
    ],
)
def test_what_a_text_is_read_as(speller: Speller, written: str, read: str) -> None:
    assert speller.read(written).text == read


def test_places_are_those_of_the_text_as_written(speller: Speller, encoder: Encoder) -> None:
    text = "cahrged for the trackng numbers of my sofa"
    encoded = speller.encode(text, GistReader(encoder))
    assert encoded.text == "charged for the tracking numbers of my sofa"
    assert [text[start:end] for start, end in encoded.words] == text.split()


def test_a_character_put_right_stands_where_it_stood(speller: Speller, encoder: Encoder) -> None:
    text = "我要退宽，cahrged"
    encoded = speller.encode(text, GistReader(encoder))
    assert encoded.text == "我要退款，charged"
    assert [text[start:end] for start, end in encoded.words] == [*"我要退宽，", "cahrged"]


def test_a_text_without_slips_is_as_it_was(speller: Speller) -> None:
    assert speller.read("my sofa") == Reading("my sofa")


def test_without_words_nothing_is_put_right(encoder: Encoder) -> None:
    none = Speller({}, encoder)
    assert none.read("I was cahrged").text == "I was cahrged"
