"""Requests become vectors on disk."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from training.mining.encoding import (
    EncoderFiles,
    Half,
    base_encoder,
    encode_here,
    encode_to_file,
    for_encoder,
    workspace_encoder,
)

TEXTS = [f"where is my order {chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(300)]


@pytest.fixture
def files(release: Path) -> EncoderFiles:
    return EncoderFiles(release / "encoder.int8.onnx", release / "tokenizer.json")


def test_vectors_are_those_of_the_encoder_in_order(files: EncoderFiles, tmp_path: Path) -> None:
    found = encode_to_file(TEXTS, tmp_path / "v", files)
    alone = files.open().encode(TEXTS[250:251])[0].vector
    assert found.shape == (300, len(alone))
    assert np.allclose(found[250], alone, atol=1e-3)


def test_what_was_encoded_before_is_not_encoded_again(files: EncoderFiles, tmp_path: Path) -> None:
    whole = np.array(encode_to_file(TEXTS, tmp_path / "whole", files))
    met: list[str] = []

    def killed(files: EncoderFiles, parts: Iterator[Sequence[str]]) -> Iterator[Half]:
        """Stops in the middle, as kill -9 would."""
        for number, found in enumerate(encode_here(files, parts)):
            if number == 1:
                raise KeyboardInterrupt
            yield found

    def counting(files: EncoderFiles, parts: Iterator[Sequence[str]]) -> Iterator[Half]:
        seen = list(parts)
        met.extend(text for part in seen for text in part)
        return encode_here(files, iter(seen))

    path = tmp_path / "v"
    with pytest.raises(KeyboardInterrupt):
        encode_to_file(TEXTS, path, files, encode=killed)
    with path.open("ab") as file:
        file.write(b"\0" * 7)  # a row that was cut short
    assert np.array_equal(encode_to_file(TEXTS, path, files, encode=counting), whole)
    assert met == TEXTS[128:]


def test_nothing_to_encode_is_no_failure(files: EncoderFiles, tmp_path: Path) -> None:
    assert encode_to_file([], tmp_path / "v", files).shape[0] == 0


def test_values_are_not_encoded_unless_there_is_nothing_else() -> None:
    assert for_encoder("where is LW-48213 , it was for joe@example.com") == "where is , it was for"
    assert for_encoder("48213") == "48213"


def test_the_current_release_s_encoder_is_taken(trained: Path, tmp_path: Path) -> None:
    found = workspace_encoder(trained, tmp_path / "work")
    assert found.model.parent.parent == trained / "releases"


def test_before_the_first_release_the_base_model_is_exported_once(
    workspace: Path, tiny_base: Path, tmp_path: Path
) -> None:
    found = workspace_encoder(workspace, tmp_path / "work", str(tiny_base))
    made = found.model.stat().st_mtime_ns
    assert found.open().width == 32
    assert base_encoder(tmp_path / "work", str(tiny_base)) == found
    assert found.model.stat().st_mtime_ns == made
    assert [path.name for path in (tmp_path / "work").iterdir()] == [found.model.parent.name]
