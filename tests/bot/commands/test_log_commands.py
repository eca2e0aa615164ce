"""`kefu correct` and `kefu forget` on a workspace with a log."""

from pathlib import Path

import pytest

from bot.errors import BotError
from tests.bot.commands.logged import log_of_priya, make_desk, run


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return make_desk(tmp_path / "desk")


def test_a_correction_is_given_listed_and_taken_back(workspace: Path) -> None:
    given = run(workspace, "correct", "wheres my stuff", "--intent", "order_status", "--by", "ana")
    assert "Correction 1: this text now means order_status" in given.output
    assert "ana  order_status: wheres my stuff" in run(workspace, "correct", "--list").output
    run(workspace, "correct", "--undo", "1")
    assert "No corrections yet" in run(workspace, "correct", "--list").output


def test_a_text_can_be_given_its_very_answer(workspace: Path) -> None:
    given = run(workspace, "correct", "nine or ten", "--answer", "status", "--by", "ana")
    assert "means order_status and gets status" in given.output
    assert "ana  order_status (status): nine or ten" in run(workspace, "correct", "--list").output
    with pytest.raises(BotError, match="answer 'statu' is not among the 2 known; did you mean 'status'"):
        run(workspace, "correct", "nine or ten", "--answer", "statu")
    with pytest.raises(BotError, match="status answers order_status, not greeting"):
        run(workspace, "correct", "nine or ten", "--answer", "status", "--intent", "greeting")


def test_an_intent_without_an_answer_is_a_slip(workspace: Path) -> None:
    with pytest.raises(
        BotError, match=r"intent 'order_staus' is not among the 3 .* did you mean 'order_status'"
    ):
        run(workspace, "correct", "wheres my stuff", "--intent", "order_staus")
    assert run(workspace, "correct", "write me a poem", "--intent", "out_of_scope").exit_code == 0
    assert run(workspace, "correct", "only a text").exit_code == 2
    assert run(workspace, "correct", "--list", "--undo", "1").exit_code == 2


@pytest.mark.parametrize("customer", ["telegram:7", "1"])
def test_a_customer_is_forgotten_after_saying_what_goes(workspace: Path, customer: str) -> None:
    log_of_priya(workspace)
    planned = "1 conversations, 2 messages, 1 understandings"
    assert planned in run(workspace, "forget", customer, "--dry-run").output
    assert run(workspace, "forget", customer, input="n\n").exit_code == 1
    assert b"priya" in whole_log(workspace)
    told = run(workspace, "forget", customer, input="y\n").output
    assert f"Removed, of customer 1: {planned}" in told
    assert b"priya" not in whole_log(workspace)
    with pytest.raises(BotError, match="customer 'telegram:7' is not in the log"):
        run(workspace, "forget", "telegram:7", "--yes")


def whole_log(workspace: Path) -> bytes:
    return b"".join(path.read_bytes().lower() for path in workspace.glob("kefu.db*"))
