"""The benchmark of proposed answers, on a handful of dialogues."""

from collections.abc import Sequence
from zlib import crc32

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.mined_answers import measure
from nlu.rules import EntityRules
from training.errors import TrainingError
from training.turns import Dialogue, DialogueTurn

SAID = {
    "hours": "We are open from nine to five each weekday.",
    "returns": "Returns are free within thirty days.",
}


def encode(texts: Sequence[str]) -> NDArray[np.float32]:
    rows = np.zeros((len(texts), 256), np.float32)
    for row, text in zip(rows, texts, strict=True):
        for word in text.lower().split():
            row[crc32(word.encode()) % 256] += 1
        row /= max(1e-6, float(np.linalg.norm(row)))
    return rows


def dialogues() -> list[Dialogue]:
    return [
        Dialogue(
            f"{intent}-{i}",
            (DialogueTurn("customer", f"{intent}?", intents=(intent,)), DialogueTurn("agent", text)),
        )
        for intent, text in SAID.items()
        for i in range(20)
    ]


def test_what_everybody_was_told_agrees_with_what_is_held_back() -> None:
    found, texts = measure(dialogues(), encode, EntityRules())
    assert texts == SAID
    assert (found.n_intents, found.n_texts, found.share) == (2, 2, 1.0)
    assert found.agreement == pytest.approx(1.0, abs=1e-3)
    assert found.two_people == pytest.approx(1.0, abs=1e-3)
    assert found.chance < 0.6
    assert found.nearest == 1.0


def test_without_labels_there_is_nothing_to_measure() -> None:
    with pytest.raises(TrainingError, match="no dialogue with an intent"):
        measure([Dialogue("a", (DialogueTurn("customer", "hi"),))], encode, EntityRules())
