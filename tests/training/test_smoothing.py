"""Activations of unequal columns become 8-bit numbers without loss; what is computed stays."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from nlu.runtime import onnxruntime
from training.export import _quantise
from training.smoothing import Feed, smooth

pytestmark = pytest.mark.slow

N_IDS, WIDTH = 20, 16


def make_model(path: Path, rng: np.random.Generator) -> None:
    """Ids are looked up in a table, one column becomes large, and two products read it."""
    table = rng.normal(size=(N_IDS, WIDTH)).astype(np.float32)
    spread = np.ones(WIDTH, np.float32)
    spread[3] = 100
    matrices = [rng.normal(size=(WIDTH, 4)).astype(np.float32) for _ in range(2)]
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["found"], "look_up"),
        helper.make_node("Mul", ["found", "spread"], ["states"], "spread"),
        helper.make_node("MatMul", ["states", "one"], ["left"], "left"),
        helper.make_node("MatMul", ["states", "other"], ["right"], "right"),
    ]
    arrays = zip(("table", "spread", "one", "other"), (table, spread, *matrices), strict=True)
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "n"])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, "n", 4]) for name in ("left", "right")],
        initializer=[numpy_helper.from_array(array, name) for name, array in arrays],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    onnx.save(model, str(path))


def run(path: Path, feed: Feed) -> NDArray[np.float32]:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return np.concatenate(session.run(["left", "right"], dict(feed)))


def test_the_same_is_computed_and_survives_quantising(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    plain, smoothed = tmp_path / "plain.onnx", tmp_path / "smoothed.onnx"
    make_model(plain, rng)
    feeds = [{"input_ids": rng.integers(0, N_IDS, (1, n))} for n in (3, 8, 20)]
    smooth(plain, smoothed, feeds)
    wanted = run(plain, feeds[-1])
    assert run(smoothed, feeds[-1]) == pytest.approx(wanted, rel=1e-4, abs=1e-3)
    errors = []
    for model in (plain, smoothed):
        _quantise(model, tmp_path / "int8.onnx")
        errors.append(float(np.abs(run(tmp_path / "int8.onnx", feeds[-1]) - wanted).mean()))
    assert errors[1] < errors[0] / 2


def test_the_activations_are_scaled_once_for_all_that_read_them(tmp_path: Path) -> None:
    make_model(tmp_path / "plain.onnx", np.random.default_rng(0))
    smooth(tmp_path / "plain.onnx", tmp_path / "smoothed.onnx", [{"input_ids": np.array([[1, 2]])}])
    nodes = [node.op_type for node in onnx.load(str(tmp_path / "smoothed.onnx")).graph.node]
    assert nodes == ["Gather", "Mul", "Mul", "MatMul", "MatMul"]
