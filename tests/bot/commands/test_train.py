"""`kefu train`: what it says where it can't."""

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.commands.init import command as init
from bot.commands.train import command as train
from bot.errors import BotError
from training.errors import TrainingError


def test_a_machine_that_only_serves_is_told_what_training_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(BotError, match=r"kefu\[train\]"):
        CliRunner().invoke(train, ["-w", str(tmp_path)], catch_exceptions=False)


def test_a_workspace_without_dialogues_is_told_how_to_bring_them_in(tmp_path: Path) -> None:
    CliRunner().invoke(init, [str(tmp_path)], catch_exceptions=False)
    (tmp_path / "dialogues" / "conversation.jsonl").unlink()
    with pytest.raises(TrainingError, match="kefu import FILE"):
        CliRunner().invoke(train, ["-w", str(tmp_path)], catch_exceptions=False)
