"""A file to import: encodings, times, what is no text."""

import gzip
from pathlib import Path

import pytest

from tests.training.importers.reading import source
from training.errors import TrainingError
from training.importers.source import MAX_SHOWN, parse_time

TEXT = "text,label\ncafé 你好,x\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), ""),
        (TEXT.encode("utf-8-sig"), ""),
        (TEXT.encode("utf-16"), ""),
        (gzip.compress(TEXT.encode("utf-16"), mtime=0), ""),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("gb18030"), "gb18030"),
        (TEXT.encode(), "UTF8"),
    ],
)
def test_every_encoding_gives_the_same_text(tmp_path: Path, content: bytes, encoding: str) -> None:
    file = source(tmp_path, content, encoding)
    assert file.head() == TEXT
    assert list(file.lines()) == [(1, "text,label\n"), (2, "café 你好,x\n")]


@pytest.mark.parametrize(
    ("content", "encoding", "problem"),
    [
        (TEXT.encode("cp1252", "replace"), "", "file:2: met the byte 0xe9, wanted UTF-8; --encoding names another, such as cp"),
        (gzip.compress(b"a\nb\n\xff", mtime=0), "", "file:3: met the byte 0xff, wanted UTF-8"),
        ("\u20ac\n\u0081".encode("utf-8"), "cp1252", "file:2: met the byte 0x81, wanted CP1252"),
        (b"\xff\xfea\x00b", "", "file: met the byte 0x62, wanted UTF-16"),
        (TEXT.encode("utf-16-le"), "", "met the byte"),
        (b"a\x00b\x00", "", "file: met NUL characters, wanted a text; --encoding utf-16-le or utf-16-be may be it"),
        (b"PK\x03\x04\x14\xff", "", "file: met a ZIP archive or a workbook, wanted a text (save a sheet as CSV)"),
        (b"a", "utf-9", "encoding 'utf-9': wanted one that Python knows, such as cp1252 or gb18030"),
        (b"a", "hex", "encoding 'hex': wanted one that Python knows"),
        (gzip.compress(b"a" * 100, mtime=0)[:-4], "", "file: can't be read: Compressed file ended before the end"),
        (b"\x1f\x8b\x08" + b"x" * 30, "", "file: can't be read: "),
    ],
)  # fmt: skip
def test_what_can_not_be_read_is_told(tmp_path: Path, content: bytes, encoding: str, problem: str) -> None:
    with pytest.raises(TrainingError) as raised:
        source(tmp_path, content, encoding).head()
    assert problem in str(raised.value)


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    file = source(tmp_path, "a")
    file.path.unlink()
    with pytest.raises(TrainingError, match="file: can't be read: No such file or directory"):
        file.head()


def test_the_head_ends_with_a_whole_line(tmp_path: Path) -> None:
    file = source(tmp_path, "0123456789\n" * 50_000)
    assert file.head().endswith("9\n")
    assert len(file.head()) < 300_000
    assert source(tmp_path, "x" * 300_000).head().startswith("xxx")


def test_what_is_skipped_is_shown_in_one_short_line(tmp_path: Path) -> None:
    skipped = source(tmp_path, "").skipped(3, "why", "a\n" * 500)
    assert skipped.place == f"{tmp_path / 'file'}:3"
    assert skipped.met.startswith("a a a")
    assert len(skipped.met) == MAX_SHOWN + 3


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-02T09:14:00Z", "2026-03-02 09:14:00+00:00"),
        (" 2026-03-02 09:14 ", "2026-03-02 09:14:00+00:00"),
        ("2026-03-02 09:14:00 UTC", "2026-03-02 09:14:00+00:00"),
        ("2026-03-02T09:14:00+05:30", "2026-03-02 03:44:00+00:00"),
        ("2026-03-02", "2026-03-02 00:00:00+00:00"),
        ("1772442840", "2026-03-02 09:14:00+00:00"),
        ("1772442840.5", "2026-03-02 09:14:00.500000+00:00"),
        ("1772442840000", "2026-03-02 09:14:00+00:00"),
        ("02/03/2026 09:14", "None"),
        ("17724428", "None"),
        ("9" * 30, "None"),
        ("²²²²²²²²²", "None"),
        ("0001-01-01T00:00+05:00", "None"),
        ("yesterday", "None"),
        ("", "None"),
    ],
)
def test_times(text: str, moment: str) -> None:
    assert str(parse_time(text)) == moment
