"""Benchmark files are read as the public sets come; a file that isn't whole is refused with its line."""

import gzip
from pathlib import Path

import pytest

from bench.texts import read_csv, read_tagged
from training.errors import TrainingError
from training.turns import OUT_OF_SCOPE


@pytest.mark.parametrize("header", ["text,label", "sentence,label", "\ufefftext,label"])
def test_a_csv_has_a_text_and_a_label_column(tmp_path: Path, header: str) -> None:
    path = tmp_path / "set.csv"
    path.write_bytes(f'{header}\r\n"where, ""oh"" where",status\r\nsing,oos\r\n'.encode())
    rows = [(row.text, row.intent) for row in read_csv(path, outside="oos")]
    assert rows == [('where, "oh" where', "status"), ("sing", OUT_OF_SCOPE)]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no columns"),
        (b"text,label\n", "no rows"),
        (b"foo,bar\na,b\n", "which column is the text"),
        (b"text,other\na,b\n", ":2: met no label"),
        (b"text,label\na,b\nc\n", ":3: not 2 columns"),
        (b"text,label\na,b\nc,\n", ":3: met no label"),
        (b"text,label\na,b\n,c\n", ":3: no text"),
        (b"text,label\na,b\n\xe4,c\n", ":3: met the byte 0xe4"),
        (b'text,label\na,b\n"c,d\n', ":3: the row that begins here isn't whole"),
    ],
)
def test_a_csv_that_is_not_whole_is_refused_with_its_line(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "set.csv"
    path.write_bytes(content)
    with pytest.raises(TrainingError) as caught:
        read_csv(path)
    assert str(path) in str(caught.value)
    assert told in str(caught.value)


def test_conll_counts_in_its_own_tokens(tmp_path: Path) -> None:
    path = tmp_path / "set.conll.gz"
    path.write_bytes(
        gzip.compress(b"-DOCSTART- O\n\nU.N. B-org\nstaff O\n\nin O\nNew I-loc\nYork I-loc\nRome B-loc")
    )
    met = read_tagged(path)
    assert [row.text for row in met.rows] == ["U.N. staff", "in New York Rome"]
    assert met.words == (((0, 4), (5, 10)), ((0, 2), (3, 6), (7, 11), (12, 16)))
    assert [[(e.start, e.end, e.label) for e in row.entities or ()] for row in met.rows] == [
        [(0, 4, "org")],
        [(3, 11, "loc"), (12, 16, "loc")],
    ]


def test_json_lines_have_offsets_and_rows_without_known_entities_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text(
        '{"text": "to Rome", "intents": ["book"], "entities": [{"start": 3, "end": 7, "label": "city"}]}\n'
        '{"text": "to Bonn", "intent": "book", "entities": [], "slots_misaligned": true}\n'
        '{"text": "hi", "entities": []}\n'
    )
    met = read_tagged(path)
    assert [(row.text, row.intent, len(row.entities or ())) for row in met.rows] == [
        ("to Rome", "book", 1),
        ("hi", None, 0),
    ]
    assert met.words is None


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("set.conll", "", "no rows"),
        ("set.conll", "Rome B-city\nis\n", ":2: met 'is', wanted a token and a tag"),
        ("set.jsonl", '{"text": "a", "entities": []}\n{"text": ', ":2: not JSON"),
        ("set.jsonl", '{"text": "a", "entities": [{"start": 0, "end": 2, "label": "x"}]}', "met 2, wanted"),
    ],
)
def test_a_tagged_file_that_is_not_whole_is_refused_with_its_line(
    tmp_path: Path, name: str, content: str, told: str
) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(TrainingError) as caught:
        read_tagged(path)
    assert str(path) in str(caught.value)
    assert told in str(caught.value)
