"""`kefu replay` from files to page."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import kefu
from tests.tiny import make_dialogues
from training.errors import TrainingError
from training.registry import Registry

pytestmark = pytest.mark.slow


@pytest.fixture
def past(tmp_path: Path) -> Path:
    path = tmp_path / "past.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in make_dialogues(12, seed=5)), "utf-8")
    return path


def replay(workspace: Path, *arguments: object) -> Result:
    return CliRunner().invoke(kefu, ["replay", "-w", str(workspace), *map(str, arguments)])


def test_it_says_what_would_have_been_answered_and_writes_page_and_json(
    trained: Path, past: Path, tmp_path: Path
) -> None:
    result = replay(trained, past, "--output", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "the bot would have answered" in result.output
    assert "<h1>" in (tmp_path / "out" / "replay.html").read_text("utf-8")
    found = json.loads((tmp_path / "out" / "replay.json").read_text("utf-8"))
    (figures,) = found["figures"]
    assert figures["n_dialogues"] == 12
    assert figures["point"]["right"]["n"] == figures["by_did"]["answered"]
    assert not (trained / "kefu.db").exists()


def test_what_was_trained_on_is_told(trained: Path) -> None:
    result = replay(trained, *(trained / "dialogues").glob("*.jsonl"))
    assert "are among the messages the release learned from" in result.output
    assert (trained / "replay" / "replay.html").is_file()


def test_a_release_is_the_same_as_itself(trained: Path, past: Path, tmp_path: Path) -> None:
    name = Registry(trained).current_name()
    result = replay(trained, past, "--compare", name, "--output", tmp_path / "out")
    assert "No difference beyond noise" in result.output
    comparison = json.loads((tmp_path / "out" / "replay.json").read_text("utf-8"))["comparison"]
    assert comparison["n_changed"] == 0


def test_a_transcript_can_be_replayed(trained: Path, tmp_path: Path) -> None:
    path = tmp_path / "past.txt"
    path.write_text("Anna: where is my lamp\nBen: It is on its way.\n\n" * 3, "utf-8")
    result = replay(trained, path, "--agent", "Ben", "--output", tmp_path / "out")
    assert result.exit_code == 0, result.exception


def test_an_unknown_release_is_named(trained: Path, past: Path) -> None:
    result = replay(trained, past, "--release", "nonesuch")
    assert "nonesuch" in str(result.exception)


def test_a_file_without_dialogues_is_refused(trained: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text("", "utf-8")
    result = replay(trained, empty)
    assert isinstance(result.exception, TrainingError)
