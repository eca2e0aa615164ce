"""`kefu train`: what is current afterwards, and what is said."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import kefu
from training.ranks import OtherRank

pytestmark = pytest.mark.slow


def train(workspace: Path, base: Path, *options: str) -> Result:
    arguments = ["train", "-w", str(workspace), "--speed", "fast", "--base-model", str(base), *options]
    return CliRunner().invoke(kefu, arguments)


def current(workspace: Path) -> str:
    return (workspace / "releases" / "current").read_text().strip()


def test_a_new_release_becomes_current(trained: Path, tiny_base: Path) -> None:
    before = current(trained)
    result = train(trained, tiny_base)
    assert result.exit_code == 0
    assert current(trained) != before
    assert f"{current(trained)} is current: fast training" in result.output
    assert "intents right" in result.output


def test_it_can_be_made_without_going_live(trained: Path, tiny_base: Path) -> None:
    before = current(trained)
    result = train(trained, tiny_base, "--no-promote")
    assert "is ready: fast training" in result.output
    assert current(trained) == before


def test_a_process_that_only_helped_says_nothing(
    trained: Path, tiny_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def helped(*_: object, **__: object) -> None:
        raise OtherRank

    before = current(trained)
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setattr("training.pipeline.train_fast", helped)
    result = train(trained, tiny_base)
    assert (result.exit_code, result.output) == (0, "")
    assert current(trained) == before
