"""What is done before a release is made current."""

import shutil
from pathlib import Path

import pytest

from bot.loading import VECTORS, prepare
from bot.settings import load_settings
from tests.tiny import with_another_tokenizer

pytestmark = pytest.mark.slow


def encoded(workspace: Path) -> int:
    """For how many encoders the answers are encoded."""
    return len(list((workspace / VECTORS).glob("*.safetensors")))


def test_answers_are_encoded_beforehand_for_another_encoder_alone(trained: Path, release: Path) -> None:
    settings = load_settings(trained)
    twin = Path(shutil.copytree(release, release.with_name("twin")))
    prepare(settings, "twin")
    assert encoded(trained) == 0, "the desk has these already"
    with_another_tokenizer(twin)

    prepare(settings, "twin")

    assert encoded(trained) == 1


@pytest.mark.parametrize("spoiled", ["manifest.json", "heads.safetensors", "encoder.int8.onnx"])
def test_what_cannot_be_loaded_is_left_to_the_desk(trained: Path, release: Path, spoiled: str) -> None:
    twin = Path(shutil.copytree(release, release.with_name("twin")))
    (twin / spoiled).write_bytes(b"null")

    prepare(load_settings(trained), "twin")

    assert encoded(trained) == 0


def test_without_a_release_there_is_nothing_to_prepare(workspace: Path) -> None:
    prepare(load_settings(workspace), "first")
