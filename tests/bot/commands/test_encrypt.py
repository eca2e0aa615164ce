"""`kefu encrypt` on a workspace with a log."""

from pathlib import Path

import pytest

from bot.errors import BotError
from tests.bot.commands.logged import log_of_priya, make_desk, run
from tests.bot.commands.test_log_commands import whole_log


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = make_desk(tmp_path / "desk")
    log_of_priya(folder)
    return folder


def test_a_log_is_encrypted_its_key_changed_and_decrypted_again(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (run(workspace, "encrypt", "--new-key").output.strip() for _ in range(2))
    assert first != second
    assert b"priya" in whole_log(workspace)
    monkeypatch.setenv("KEFU_ENCRYPTION_KEY", first)
    assert "rows encrypted with key" in run(workspace, "encrypt").output
    assert b"priya" not in whole_log(workspace)
    monkeypatch.setenv("KEFU_ENCRYPTION_KEY", f"{second} {first}")
    run(workspace, "encrypt")
    monkeypatch.setenv("KEFU_ENCRYPTION_KEY", second)
    assert "Priya Raman" in run(workspace, "export-customer", "telegram:7").output
    monkeypatch.delenv("KEFU_ENCRYPTION_KEY")
    with pytest.raises(BotError, match="encrypted with key"):
        run(workspace, "export-customer", "telegram:7")
    monkeypatch.setenv("KEFU_ENCRYPTION_KEY", second)
    assert "Unset KEFU_ENCRYPTION_KEY now." in run(workspace, "encrypt", "--off").output
    monkeypatch.delenv("KEFU_ENCRYPTION_KEY")
    assert "Priya Raman" in run(workspace, "export-customer", "telegram:7").output
    assert b"priya" in whole_log(workspace)


def test_without_a_key_it_says_where_one_comes_from(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KEFU_ENCRYPTION_KEY", raising=False)
    with pytest.raises(BotError, match="kefu encrypt --new-key"):
        run(workspace, "encrypt")
