"""int8 is served where it loses nothing worth naming, and fp32 where it does."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import training.pipeline
from nlu.encoder import Encoder
from nlu.rules import EntityRules
from nlu.understander import Understander
from training.dataset import build_dataset
from training.dialogues import dialogue_files, read_dialogues
from training.precision import int8_loss
from training.predictions import IntentPredictions
from training.scoring import Scores
from training.trained import Options

N = 1000


def predictions(*wrong: range) -> IntentPredictions:
    probs = np.tile([0.9, 0.1], (N, 1))
    for rows in wrong:
        probs[rows] = [0.1, 0.9]
    ones = np.ones(N)
    return IntentPredictions(("hi",) * N, ("a",) * N, ("a", "b"), probs, ones, ones)


@pytest.mark.parametrize(
    ("int8", "fp32", "loses"),
    [
        (range(0), range(0), False),
        (range(3), range(0), False),  # no more than 0.3 points
        (range(8), range(0), True),
        (range(20), range(10, 25), False),  # of ten to five nobody can tell
        (range(30), range(22, 30), True),
        (range(0), range(9), False),  # better
    ],
)
def test_a_loss_is_more_than_a_little_and_more_than_chance(int8: range, fp32: range, loses: bool) -> None:
    reason = int8_loss(predictions(int8), predictions(fp32))
    assert (reason is not None) == loses
    lost = len(set(int8) - set(fp32))
    assert not loses or f"Of {N} messages held back, the int8 encoder got {lost} wrong" in str(reason)


@pytest.mark.slow
def test_where_int8_loses_the_release_is_served_in_fp32_and_says_why(
    workspace: Path, tiny_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    score, served = training.pipeline.score, []

    def score_as_a_loss(*args: Any, **options: Any) -> Scores:
        served.append(options["served"])
        return replace(score(*args, **options), int8_loss="It lost." if served == ["int8"] else None)

    monkeypatch.setattr(training.pipeline, "score", score_as_a_loss)
    dataset = build_dataset(read_dialogues(dialogue_files(workspace)))
    release = training.pipeline.train(
        dataset, workspace, Options(base_model=str(tiny_base)), rules=EntityRules()
    ).folder
    assert served == ["int8", "fp32"]
    report = json.loads((release / "report.json").read_text("utf-8"))
    assert report["encoder"]["served"] == "fp32"
    assert "The encoder is served in fp32. It lost." in report["notes"]
    understood = Understander.load(release, EntityRules(), precision="int8").understand_batch(["lamp"])[0]
    [wanted] = Encoder(release / "encoder.fp32.onnx", release / "tokenizer.json").encode(["lamp"])
    assert np.array_equal(understood.vector, wanted.vector)
    assert len(list((workspace / "releases").glob("*-fast"))) == 1
