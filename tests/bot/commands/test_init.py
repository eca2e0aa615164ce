"""`kefu init`: what a new workspace holds."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.commands.init import command
from bot.errors import BotError
from bot.settings import load_settings
from nlu.rule_files import load_rules
from retrieval.answer_files import load_answers
from training.dataset import build_dataset
from training.dialogues import dialogue_files, read_dialogues


def init(folder: Path) -> str:
    return CliRunner().invoke(command, [str(folder)], catch_exceptions=False).output


def test_a_new_workspace_can_be_loaded_and_knows_small_talk(tmp_path: Path) -> None:
    folder = tmp_path / "my shop"
    init(folder)
    load_settings(folder)
    load_rules(folder / "entities.yaml", country="US", currency="EUR")
    small_talk = {"greeting", "thanks", "goodbye", "talk_to_person"}
    assert set(load_answers(folder / "answers").intents) == small_talk
    assert set(build_dataset(read_dialogues(dialogue_files(folder))).intents) == small_talk


def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "entities.yaml").write_text("email: {kind: email}\n")
    told = init(tmp_path)
    assert (tmp_path / "entities.yaml").read_text() == "email: {kind: email}\n"
    assert "entities.yaml" not in told
    assert "kefu.toml" in told


def test_a_workspace_is_not_made_twice(tmp_path: Path) -> None:
    init(tmp_path)
    with pytest.raises(BotError, match=r"kefu\.toml: there already"):
        init(tmp_path)


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "answers").write_text("")
    with pytest.raises(BotError, match="can't be made"):
        init(tmp_path)
