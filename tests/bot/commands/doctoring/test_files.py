"""kefu.toml, answers, and who may read and change them."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import kefu
from tests.bot.commands.doctoring.conftest import set_up
from tests.bot.commands.doctoring.examined import examined, finding


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A workspace that every user of this machine can reach."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        (Path(folder) / "kefu.toml").touch(0o644)
        yield Path(folder)


def test_a_sound_desk_is_told_in_a_line_a_check(desk: Path) -> None:
    result = CliRunner().invoke(kefu, ["doctor", "-w", str(desk)], catch_exceptions=False)
    lines = result.output.splitlines()
    assert (result.exit_code, lines[-1]) == (0, "All is well."), result.output
    assert all(line.startswith("✓ ") for line in lines[:-1])
    assert len(lines) == 12  # the clock is that of a database, which isn't there yet


def test_a_fault_is_told_with_its_remedy_below(desk: Path) -> None:
    (desk / "releases" / "current").unlink()
    result = CliRunner().invoke(kefu, ["doctor", "-w", str(desk)], catch_exceptions=False)
    assert result.exit_code == 1
    assert f"→ `kefu train -w {desk}` makes a first release\n" in result.output
    assert result.output.endswith("1 fault.\n")


def test_without_settings_only_what_needs_none_is_checked(desk: Path) -> None:
    (desk / "kefu.toml").write_text("[web]\nprt = 1\n")
    assert "web.prt: met 1" in finding(desk, "settings", "fault")["text"]
    assert {one["check"] for one in examined(desk)[1]} == {"settings", "answers", "versions"}


def test_all_that_is_wrong_with_the_setup_is_told_at_once(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (desk / "kefu.toml").write_text("[web]\nprt = 1\n")
    monkeypatch.setenv("KEFU_API_KEY", " key ")
    (desk / "answers" / "all.yaml").write_text("- {id: 1, intent: a, variants: b}\n- {id: c, intent: d}\n")
    status, found = examined(desk)
    assert status == 1
    told = [one["text"] for one in found if one["level"] == "fault"]
    assert len(told) == 4
    for words in ("web.prt", "KEFU_API_KEY", "all.yaml:1: id is 1", "all.yaml:2: an answer without variants"):
        assert sum(words in line for line in told) == 1, words


def test_a_variable_that_an_action_needs_is_missed(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ORDERS_TOKEN", raising=False)
    set_up(desk, '[actions.get_order]\nurl = "http://x/"\nheaders = { A = "Bearer $ORDERS_TOKEN" }\n')
    assert "ORDERS_TOKEN is not set" in finding(desk, "settings", "fault")["text"]


def test_a_broken_answer_is_named_with_its_file(desk: Path) -> None:
    path = next((desk / "answers").glob("*.yaml"))
    path.write_text("- {id: 1, intent: a, variants: b}\n")
    assert path.name in finding(desk, "answers", "fault")["text"]


def test_answers_that_others_may_change_are_a_fault(desk: Path) -> None:
    path = next((desk / "answers").glob("*.yaml"))
    path.chmod(0o666)
    assert str(path) in finding(desk, "permissions", "fault")["text"]


def test_a_log_that_others_may_read_is_a_warning(open_folder: Path) -> None:
    log = open_folder / "kefu.db"
    log.touch(0o644)
    assert str(log) in finding(open_folder, "permissions", "warning")["text"]
    open_folder.chmod(0o750)
    assert finding(open_folder, "permissions", "fine")


def test_a_workspace_that_cannot_be_written_is_a_fault(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda _, mode, **__: mode != os.W_OK)
    assert "can't be written" in finding(open_folder, "permissions", "fault")["text"]
