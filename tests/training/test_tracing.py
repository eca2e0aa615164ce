"""Other weights in a graph that was traced before are as if it were traced for them."""

from pathlib import Path

import pytest

from tests.tiny import make_base
from training import tracing
from training.export import check_agreement, export, load_transformer

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "_kept", type(tracing._kept)())


def written(base: Path, folder: Path) -> dict[str, bytes]:
    transformer, tokenizer = load_transformer(str(base))
    folder.mkdir()
    export(transformer, tokenizer, folder)
    check_agreement(transformer, tokenizer, folder, ["where is my lamp", "money back please"])
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_files_come_of_a_kept_graph_and_of_a_new_one(tmp_path: Path) -> None:
    bases = [make_base(tmp_path / f"base-{seed}", seed=seed) for seed in (1, 2)]
    first = written(bases[0], tmp_path / "first")
    kept = written(bases[1], tmp_path / "kept")
    assert len(tracing._kept) == 1
    tracing._kept.clear()
    new = written(bases[1], tmp_path / "new")
    assert kept == new
    assert kept["encoder.fp32.onnx"] != first["encoder.fp32.onnx"]


def test_another_architecture_is_traced_by_itself(tmp_path: Path) -> None:
    for layers in (1, 2):
        written(make_base(tmp_path / f"base-{layers}", layers=layers), tmp_path / f"out-{layers}")
    assert len(tracing._kept) == 2


def test_no_weights_are_kept(tmp_path: Path) -> None:
    written(make_base(tmp_path / "base"), tmp_path / "out")
    [graph] = tracing._kept.values()
    weights = [
        value for name, value in graph.graph.initializers.items() if name.startswith("transformer.encoder")
    ]
    assert weights
    assert [value.name for value in weights if value.const_value is not None] == []
