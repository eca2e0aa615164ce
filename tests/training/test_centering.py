"""What all vectors share is taken from them, where it is much."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from training import centering
from training.export import check_agreement, export, load_transformer, torch_encode
from training.off_topic import SHIPPED

pytestmark = pytest.mark.slow

TEXTS = ("where is my blue lamp", "cancel A-1042 now !", "i am angry", "open on friday ?")


def mean_of_shipped(loaded: tuple[Any, Any]) -> float:
    texts = SHIPPED.read_text("utf-8").splitlines()[:: centering.EVERY]
    return float(np.linalg.norm(np.mean([torch_encode(*loaded, text).vector for text in texts], axis=0)))


def test_little_in_common_is_left(tiny_base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(centering, "MIN_SHARED", 1.0)
    assert load_transformer(str(tiny_base))[0].config.kefu_center is None


def test_much_in_common_is_taken_off(
    tiny_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(centering, "MIN_SHARED", 1.0)
    before = mean_of_shipped(load_transformer(str(tiny_base)))
    monkeypatch.setattr(centering, "MIN_SHARED", 0.0)
    loaded = load_transformer(str(tiny_base))
    assert mean_of_shipped(loaded) < before / 3
    export(*loaded, tmp_path)
    check_agreement(*loaded, tmp_path, TEXTS)  # what is served has it too
