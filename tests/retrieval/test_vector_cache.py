"""Vectors are encoded once for a model, whatever happens to the file."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from retrieval.vector_cache import KEPT, VectorCache


@dataclass
class Encoder:
    """Encodes a text by its length, and keeps what it was asked."""

    asked: list[str] = field(default_factory=list)

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked.extend(texts)
        return np.array([[len(text), 1] for text in texts], np.float32)


def encoded(folder: Path, texts: list[str], *, model: str = "r1") -> tuple[list[list[float]], list[str]]:
    encoder = Encoder()
    cache = VectorCache(folder, model, encoder)
    vectors = cache.encode(texts)
    cache.save()
    return vectors.tolist(), encoder.asked


def test_what_was_encoded_is_not_encoded_again(tmp_path: Path) -> None:
    folder = tmp_path / "new folder"
    assert encoded(folder, ["a", "bbb", "a"]) == ([[1, 1], [3, 1], [1, 1]], ["a", "bbb"])
    assert encoded(folder, ["bbb", "cc"]) == ([[3, 1], [2, 1]], ["cc"])


def test_what_is_no_longer_asked_for_is_dropped(tmp_path: Path) -> None:
    encoded(tmp_path, ["a", "bbb"])
    encoded(tmp_path, ["a"])
    assert encoded(tmp_path, ["a", "bbb"])[1] == ["bbb"]


def test_another_model_has_other_vectors_and_going_back_encodes_nothing(tmp_path: Path) -> None:
    encoded(tmp_path, ["a"])
    assert encoded(tmp_path, ["a"], model="r2")[1] == ["a"]
    assert encoded(tmp_path, ["a"])[1] == []


def test_files_of_models_long_gone_are_removed(tmp_path: Path) -> None:
    for number in range(KEPT + 2):
        encoded(tmp_path, ["a"], model=f"r{number}")
    assert len(list(tmp_path.iterdir())) == KEPT
    assert encoded(tmp_path, ["a"], model=f"r{KEPT + 1}")[1] == []


@pytest.mark.parametrize("content", [b"", b"no tensors", b"\x08\x00\x00\x00\x00\x00\x00\x00{}      "])
def test_a_broken_file_is_written_anew(tmp_path: Path, content: bytes) -> None:
    encoded(tmp_path, ["a"])
    [path] = tmp_path.iterdir()
    path.write_bytes(content)
    assert encoded(tmp_path, ["a"])[1] == ["a"]
    assert encoded(tmp_path, ["a"])[1] == []


def test_a_place_that_can_not_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert encoded(tmp_path / "file" / "vectors", ["a"]) == ([[1, 1]], ["a"])
