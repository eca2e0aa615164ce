"""A message timed in a tiny desk."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.latency import main, messages_of, n_weights
from training.errors import TrainingError

pytestmark = pytest.mark.slow


def test_every_stage_is_timed_and_the_floor_stands_beside_it(trained: Path, tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    done = CliRunner().invoke(
        main, ["--workspace", str(trained), "--words", "8", "--messages", "40", "--json", str(path)]
    )
    assert done.exit_code == 0, done.output
    found = json.loads(path.read_text("utf-8"))
    whole, parts = found["message p50 p95 ms"], found["understanding p50 p95 ms"]
    assert 0 < found["encoder pass p50 p95 ms"][0] < parts[0] < whole[0] <= whole[1]
    assert found["each of 32 together ms"] > 0
    assert found["encoder over its floor"] > 1
    assert found["messages"] == 40


def test_every_weight_of_the_layers_is_counted(release: Path) -> None:
    layers, width, inner = 2, 32, 64
    assert n_weights(release / "encoder.int8.onnx") == layers * (4 * width**2 + 2 * width * inner)


def test_without_messages_of_that_length_there_is_nothing_to_time(trained: Path) -> None:
    with pytest.raises(TrainingError, match="no customer says anything in about 99 words"):
        messages_of(trained, 99)
