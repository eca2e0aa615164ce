"""`kefu retention` on a workspace with a log."""

from pathlib import Path

import pytest

from bot.errors import BotError
from tests.bot.commands.logged import LONG_AGO, log_of_priya, make_desk, run
from tests.bot.commands.test_log_commands import whole_log


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = make_desk(tmp_path / "desk")
    log_of_priya(folder)
    return folder


def test_a_dry_run_counts_and_removes_nothing_then_it_goes(workspace: Path) -> None:
    (workspace / "kefu.toml").write_text("[retention]\nconversations_days = 2\n")
    told = run(workspace, "retention", "--dry-run").output
    assert "messages              2 older than" in told
    assert f"the oldest of {LONG_AGO:%Y-%m-%d}" in told
    assert run(workspace, "retention", input="n\n").exit_code == 1
    assert b"where is" in whole_log(workspace)
    assert "Removed: 2 messages" in run(workspace, "retention", "--yes").output
    assert b"where is" not in whole_log(workspace)
    assert "messages              0" in run(workspace, "retention", "--yes").output


def test_where_everything_is_kept_it_says_what_to_set(workspace: Path) -> None:
    with pytest.raises(BotError, match=r"\[retention\] keeps everything; .*conversations_days = 730"):
        run(workspace, "retention")
