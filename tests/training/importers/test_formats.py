"""Formats are told by what a file holds; options that don't concern them are refused."""

from pathlib import Path
from typing import Any

import pytest

from tests.training.importers.reading import source
from training.errors import TrainingError
from training.importers.formats import FLAGS, FORMATS, check_options, find_format
from training.importers.source import Options


@pytest.mark.parametrize(
    ("content", "form"),
    [
        ('{"id": "a", "turns": []}\n', "jsonl"),
        ('\n{"text": "a\u2028b"}\n{', "jsonl"),
        ('{"name": "x", "messages": []}', "telegram"),
        ('{\n "about": "Here is",\n "personal_information": {\n  "user_id": 1', "telegram"),
        ('version: "3.1"\nnlu:\n- intent: a\n', "rasa"),
        ("# more\nstories:\n", "rasa"),
        ("EU B-ORG\nrejects O\n", "conll"),
        ("# text\nEU\tNNP\tB-ORG\n\n", "conll"),
        ("text,label\na,b\n", "csv"),
        ("id;message\n1;Customer: hi\n2;Agent: hello\n", "csv"),
        ("a\tb\nc\td\n", "csv"),
        ("Customer: hi, there\nAgent: hello, you\n", "transcript"),
        ("Tom: hi\nMaria: hello\nTom: bye\nMaria: bye\n", "transcript"),
        ("[09:14] Customer: hi\n[09:15] Agent: hello\n", "transcript"),
        ("---\n客户：你好\n客服：您好\n", "transcript"),
    ],
)
def test_a_format_is_told_by_the_content(tmp_path: Path, content: str, form: str) -> None:
    assert find_format(source(tmp_path, content)) == form


@pytest.mark.parametrize("content", ["", "\n \n", "\ufeff"])
def test_an_empty_file_is_told(tmp_path: Path, content: str) -> None:
    with pytest.raises(TrainingError, match=r"file: empty$"):
        find_format(source(tmp_path, content))


@pytest.mark.parametrize("content", ["hello\nworld\n", "[1]", "5"])
def test_a_file_of_no_format_is_told(tmp_path: Path, content: str) -> None:
    with pytest.raises(TrainingError, match="not recognised; --format says what it is: jsonl, telegram"):
        find_format(source(tmp_path, content))


@pytest.mark.parametrize(
    ("options", "formats", "problem"),
    [
        ({"text": "a"}, ["jsonl", "conll"], "--text: is for csv; met only conll, jsonl"),
        ({"has_header": False}, ["transcript"], "--header: is for csv; met only transcript"),
        ({"agents": ("a",)}, ["rasa"], "--agent: is for jsonl, telegram, csv, transcript; met only rasa"),
        ({"gap_hours": 2.0}, ["csv"], "--gap: is for telegram; met only csv"),
        ({"not_speakers": ("a",)}, ["csv"], "--not-a-speaker: is for transcript; met only csv"),
        ({"out_of_scope": ("a",)}, ["conll"], "--out-of-scope: is for jsonl, rasa, csv; met only conll"),
    ],
)
def test_an_option_for_other_formats_is_refused(
    options: dict[str, Any], formats: list[str], problem: str
) -> None:
    with pytest.raises(TrainingError) as raised:
        check_options(Options(**options), formats)
    assert str(raised.value) == problem
    check_options(Options(**options), FORMATS)
    check_options(Options(encoding="cp1252"), formats)


def test_every_option_concerns_a_format() -> None:
    taken = set().union(*(form.takes for form in FORMATS.values()))
    assert taken | {"encoding"} == set(Options.__dataclass_fields__)
    assert set(FLAGS) <= taken
