"""Texts run once through the release's own encoder, whatever their number and length."""

from pathlib import Path

import numpy as np
import pytest

from nlu.encoder import Encoder
from training import features
from training.dataset import LabelledText
from training.features import encode_rows

pytestmark = pytest.mark.slow


def test_every_row_has_its_own_vector_in_its_own_place(
    release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "CHUNK", 7)
    texts = [f"{'lamp ' * (i % 5)}cancel {i}" for i in range(40)]
    told: list[tuple[str, int, int]] = []
    found = encode_rows(
        [LabelledText(text, text) for text in texts], release, "fp32", lambda *step: told.append(step)
    )
    encoder = Encoder(release / "encoder.fp32.onnx", release / "tokenizer.json")
    for text, vector, encoded in zip(texts, found.vectors, found.encoded, strict=True):
        alone = encoder.encode([text])[0]
        assert vector == pytest.approx(alone.vector, abs=1e-4)
        assert encoded.words == alone.words
    assert [done for _, done, _ in told] == [7, 14, 21, 28, 35, 40]
    assert {(stage, total) for stage, _, total in told} == {("encoding", 40)}


def test_texts_are_cleaned_as_in_serving(release: Path) -> None:
    rows = [LabelledText(text, text) for text in ("cancel\x00the\u00a0lamp", "cancel the lamp")]
    found = encode_rows(rows, release, "fp32")
    assert found.vectors[0] == pytest.approx(found.vectors[1], abs=1e-5)


def test_no_rows_give_no_vectors_of_the_right_width(release: Path) -> None:
    found = encode_rows([], release, "int8")
    assert found.vectors.shape == (0, 32)
    assert found.vectors.dtype == np.float32
