"""The samples in the documentation are imported by the commands beside them."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import kefu
from tests.markdown import DOCS
from training.dialogues import Dialogue, dialogue_files, read_dialogues

PAGE = DOCS / "import.md"
SAMPLE = re.compile(r"^```(?:text|json)\n([^`]+)^```\n\n```sh\nkefu import (.+)\n```$", re.MULTILINE)
SAMPLES = {
    shlex.split(words)[0]: (content, shlex.split(words))
    for content, words in SAMPLE.findall(PAGE.read_text())
}


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "my-desk").mkdir()
    (tmp_path / "my-desk" / "kefu.toml").touch()
    return tmp_path / "my-desk"


def imported(
    desk: Path, words: list[str], content: str, monkeypatch: pytest.MonkeyPatch
) -> tuple[list[Dialogue], str]:
    (desk.parent / words[0]).write_text(content)
    monkeypatch.chdir(desk.parent)
    told = CliRunner().invoke(kefu, ["import", *words, "-w", "my-desk"], catch_exceptions=False).output
    return list(read_dialogues(dialogue_files(desk))), told


@pytest.mark.parametrize(
    ("name", "form", "turns", "skipped"),
    [
        ("chats.csv", "csv", [2, 1], 1),
        ("questions.csv", "csv", [1, 1], 0),
        ("labelled.jsonl", "jsonl", [1, 2], 0),
        ("nlu.yml", "rasa", [1, 1], 0),
        ("tagged.conll", "conll", [1, 1], 0),
        ("result.json", "telegram", [2], 0),
        ("chats.txt", "transcript", [2, 2], 0),
    ],
)
def test_a_sample_is_imported_by_its_command(
    desk: Path, monkeypatch: pytest.MonkeyPatch, name: str, form: str, turns: list[int], skipped: int
) -> None:
    content, words = SAMPLES[name]
    found, told = imported(desk, words, content, monkeypatch)
    assert [len(dialogue.turns) for dialogue in found] == turns
    assert f"{name}, read as {form}: " in told
    assert f"skipped {skipped}, " in told


def test_every_sample_is_tried() -> None:
    assert set(SAMPLES) == {
        "chats.csv",
        "questions.csv",
        "labelled.jsonl",
        "nlu.yml",
        "tagged.conll",
        "result.json",
        "chats.txt",
    }


def test_what_an_import_says_is_shown_as_it_is(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content, words = SAMPLES["chats.csv"]
    _, told = imported(desk, words, content, monkeypatch)
    assert told in PAGE.read_text()
