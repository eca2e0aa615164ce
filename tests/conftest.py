"""A tiny base model, a workspace to train in, and one that was trained; torch is loaded only where one is asked for."""

import shutil
from pathlib import Path

import pytest

from tests.tiny import make_base, make_workspace, train_tiny


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a random transformer of two layers."""
    return make_base(tmp_path_factory.mktemp("base") / "model")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Dialogues and answers, nothing trained."""
    return make_workspace(tmp_path / "workspace")


@pytest.fixture(scope="session")
def _trained(tmp_path_factory: pytest.TempPathFactory, tiny_base: Path) -> Path:
    made = make_workspace(tmp_path_factory.mktemp("trained") / "workspace")
    train_tiny(made, tiny_base)
    return made


@pytest.fixture
def trained(_trained: Path, tmp_path: Path) -> Path:
    """A workspace of the test's own whose current release is a fast training."""
    return Path(shutil.copytree(_trained, tmp_path / "trained"))


@pytest.fixture
def release(trained: Path) -> Path:
    """The folder of that release."""
    return trained / "releases" / (trained / "releases" / "current").read_text().strip()
