"""Transcripts: who speaks, where a dialogue ends, what isn't a name."""

from pathlib import Path
from typing import Any

import pytest

from tests.training.importers.reading import dialogues, read, reasons, said, source
from training.errors import TrainingError
from training.importers.formats import FORMATS
from training.importers.source import Options

HELLO = [("customer", "hi"), ("agent", "hello\nhow can I help?")]
MORE = [("customer", "where is it"), ("agent", "there")]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("Customer: hi\nAgent: hello\nhow can I help?\n\nCustomer: where is it\nAgent: there\n", [HELLO, MORE]),
        ("Customer: hi\n\nAgent: hello\nhow can I help?\n\nCustomer: where is it\n\nAgent: there", [HELLO + MORE]),
        ("Customer: hi\n\nAgent: hello\n\nhow can I help?\n\n\nCustomer: where is it\n\nAgent: there\n", [HELLO, MORE]),
        ("----\nCustomer: hi\nAgent: hello\n\nhow can I help?\n----\nCustomer:where is it\nAgent:there\n----\n", [HELLO, MORE]),
        ("=== Chat 17 ===\r\nCustomer: hi\r\nAgent: hello\r\nhow can I help?\r\n=== Chat 18 ===\r\nUser: where is it\r\nSupport: there", [HELLO, MORE]),
        ("\n\n\ncustomer : hi\nAGENT:\nhello\n  how can I help?  \n", [HELLO]),
        ("客户：hi\n客服： hello\nhow can I help?\n", [HELLO]),
        ("(09:14) Customer: hi\n(09:15) Agent: hello\nhow can I help?\n", [HELLO]),
    ],
)  # fmt: skip
def test_dialogues_and_turns(tmp_path: Path, content: str, expected: list[list[tuple[str, str]]]) -> None:
    found, _ = read(tmp_path, "transcript", content)
    assert [said(one.dialogue) for one in found] == expected


@pytest.mark.parametrize(
    "stamp",
    [
        "[2026-03-02 09:14]",
        "(2026-03-02T09:14:00Z)",
        "2026-03-02T09:14",
        "2026-03-02 09:14 -",
        "[1772442840]",
    ],
)
def test_times_before_the_name_are_read(tmp_path: Path, stamp: str) -> None:
    [found] = dialogues(tmp_path, "transcript", f"{stamp} Customer: hi\n{stamp} Agent: hello")
    assert str(found.started_at) == "2026-03-02 09:14:00+00:00"
    assert said(found) == [("customer", "hi"), ("agent", "hello")]


def test_a_time_without_a_day_is_told(tmp_path: Path) -> None:
    [found], [skipped, _] = read(tmp_path, "transcript", "09:14 Customer: hi\n09:15 Agent: hello")
    assert found.dialogue.started_at is None
    assert (skipped.reason, skipped.met) == ("time not read: wanted ISO 8601 with a day", "09:14")


NAMED = "Tom: hi\nMaria: hello. Note: we close at 5\nNote: also on Sundays\nTom: see https://x.org: ok\nMaria: bye\n"


@pytest.mark.parametrize(
    ("options", "speakers"),
    [
        ({"agents": ("maria",)}, ["customer", "agent", "customer", "agent"]),
        ({"agents": ("Maria",), "customers": ("TOM",)}, ["customer", "agent", "customer", "agent"]),
        ({"agents": ("Tom",), "bots": ("Maria",)}, ["agent", "bot", "agent", "bot"]),
    ],
)
def test_names_are_told_by_options(tmp_path: Path, options: dict[str, Any], speakers: list[str]) -> None:
    [found] = dialogues(tmp_path, "transcript", NAMED, **options)
    assert [speaker for speaker, _ in said(found)] == speakers
    assert said(found)[1][1] == "hello. Note: we close at 5\nNote: also on Sundays"
    assert said(found)[2][1] == "see https://x.org: ok"


def test_names_that_nobody_told_are_asked_for(tmp_path: Path) -> None:
    with pytest.raises(
        TrainingError, match=r"file: who is who\? Met 'Tom' \(2\), 'Maria' \(2\); say it with"
    ):
        read(tmp_path, "transcript", NAMED)


def test_a_word_that_is_no_name_can_be_told(tmp_path: Path) -> None:
    content = "Customer: hi\nAgent: two things\nNote: one\nNote: two\n"
    with pytest.raises(TrainingError, match=r"who is who\? Met 'Note' \(2\)"):
        read(tmp_path, "transcript", content)
    [found] = dialogues(tmp_path, "transcript", content, not_speakers=("note",))
    assert said(found)[1] == ("agent", "two things\nNote: one\nNote: two")


def test_who_is_who_is_told(tmp_path: Path) -> None:
    file = source(tmp_path, NAMED)
    list(FORMATS["transcript"].read(file, Options(agents=("Maria",))))
    assert file.notes == ["speakers: agent: 'Maria' (2); customer: 'Tom' (2)"]


def test_lines_before_anybody_speaks_are_skipped(tmp_path: Path) -> None:
    content = "Chat of 2026-03-02\nCustomer: hi\nAgent: hello\n\nnobody\n\nAgent:\nCustomer: \n"
    [found], skipped = read(tmp_path, "transcript", content)
    assert said(found.dialogue) == [("customer", "hi"), ("agent", "hello")]
    assert reasons(skipped) == [("1", "a line before anybody speaks"), ("5", "a line before anybody speaks")]
