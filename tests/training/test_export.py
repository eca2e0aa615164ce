"""ONNX says what torch says, and where it doesn't no release is made."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from transformers import MPNetConfig, MPNetModel

from nlu.encoder import Encoder
from tests.tiny import make_base, make_tokenizer
from training.errors import TrainingError
from training.export import (
    FP32_TOLERANCE,
    INT8_WARNING,
    check_agreement,
    encoder_digest,
    export,
    load_transformer,
    torch_encode,
)

pytestmark = pytest.mark.slow

TEXTS = ("where is my blue lamp", "hi", "", "cancel A-1042 now !", "unheard words entirely", "sofa " * 300)


@pytest.fixture(scope="module")
def loaded(tiny_base: Path) -> tuple[Any, Any]:
    return load_transformer(str(tiny_base))


@pytest.fixture(scope="module")
def _exported(loaded: tuple[Any, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("onnx")
    export(*loaded, folder)
    return folder


@pytest.fixture
def exported(_exported: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(_exported, tmp_path / "onnx"))


def test_nothing_but_what_is_served_is_written(exported: Path) -> None:
    assert {path.name for path in exported.iterdir()} == {
        "tokenizer.json",
        "encoder.fp32.onnx",
        "encoder.int8.onnx",
    }


def test_onnx_gives_the_vectors_states_and_words_of_torch(exported: Path, loaded: tuple[Any, Any]) -> None:
    encoder = Encoder(exported / "encoder.fp32.onnx", exported / "tokenizer.json")
    for text, met in zip(TEXTS, encoder.encode(TEXTS), strict=True):
        wanted = torch_encode(*loaded, text)
        assert met.words == wanted.words
        assert met.vector == pytest.approx(wanted.vector, abs=1e-4)
        assert met.word_states == pytest.approx(wanted.word_states, abs=1e-2)


PROMPTED = {"1_Pooling/config.json": {"pooling_mode": "cls"}, "config_sentence_transformers.json": {
    "prompts": {"query": "where is: ", "passage": "money: "}
}}  # fmt: skip


@pytest.fixture(scope="module")
def prompted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any, Path]:
    """A base model with prompts and the first token's state as its vector, and what it is exported to."""
    base, folder = make_base(tmp_path_factory.mktemp("base")), tmp_path_factory.mktemp("onnx")
    for name, content in PROMPTED.items():
        (base / name).parent.mkdir(exist_ok=True)
        (base / name).write_text(json.dumps(content), "utf-8")
    loaded = load_transformer(str(base))
    export(*loaded, folder)
    return *loaded, folder


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_a_prompt_is_read_and_is_no_part_of_the_text(
    prompted: tuple[Any, Any, Path], exported: Path, precision: str
) -> None:
    transformer, tokenizer, folder = prompted
    encoder = Encoder(folder / f"encoder.{precision}.onnx", folder / "tokenizer.json")
    plain = Encoder(exported / f"encoder.{precision}.onnx", exported / "tokenizer.json")
    agreement = check_agreement(transformer, tokenizer, folder, TEXTS)
    for text, met, without in zip(TEXTS[:-1], encoder.encode(TEXTS), plain.encode(TEXTS), strict=False):
        assert met.text == text
        assert met.words == without.words
        assert met.word_states.shape == without.word_states.shape
        wanted = torch_encode(transformer, tokenizer, text)
        assert 1 - met.vector @ wanted.vector <= getattr(agreement, f"{precision}_max") + 1e-5
    one, other = encoder.encode(["my lamp"])[0].vector, encoder.encode_passages(["my lamp"])[0]
    assert one @ other < 0.999


def test_the_pooling_is_that_of_the_base_model(prompted: tuple[Any, Any, Path]) -> None:
    import torch

    transformer, tokenizer, folder = prompted
    encoder = Encoder(folder / "encoder.fp32.onnx", folder / "tokenizer.json")
    batch = tokenizer(["where is: my lamp"], return_tensors="pt")
    with torch.inference_mode():
        state = transformer(**batch).last_hidden_state[0, 0].numpy()
    wanted = state / np.linalg.norm(state)
    if transformer.config.kefu_center:
        wanted = wanted - np.array(transformer.config.kefu_center)
        wanted /= np.linalg.norm(wanted)
    assert encoder.encode(["my lamp"])[0].vector == pytest.approx(wanted, abs=1e-4)


def test_the_agreement_is_measured(exported: Path, loaded: tuple[Any, Any]) -> None:
    agreement = check_agreement(*loaded, exported, TEXTS)
    assert 0 <= agreement.fp32_mean <= agreement.fp32_max <= FP32_TOLERANCE
    assert agreement.fp32_max < agreement.int8_mean <= agreement.int8_max
    assert agreement.is_int8_close == (agreement.int8_mean <= INT8_WARNING)
    encoder = Encoder(exported / "encoder.int8.onnx", exported / "tokenizer.json")
    met = encoder.encode(TEXTS)
    distances = [
        1 - float(a.vector @ torch_encode(*loaded, text).vector) for a, text in zip(met, TEXTS, strict=True)
    ]
    assert agreement.int8_max == pytest.approx(max(distances), abs=1e-5)


def _turn_word_embeddings(model: onnx.ModelProto) -> None:
    spoiled = next(one for one in model.graph.initializer if "word_embeddings" in one.name)
    values = numpy_helper.to_array(spoiled)
    noise = np.random.default_rng(0).normal(scale=0.3 * float(np.abs(values).mean()), size=values.shape)
    spoiled.CopyFrom(numpy_helper.from_array((values + noise).astype(values.dtype), spoiled.name))


def _turn_states(model: onnx.ModelProto) -> None:
    maker = next(node for node in model.graph.node if "states" in node.output)
    maker.output[list(maker.output).index("states")] = "unturned"
    model.graph.node.append(onnx.helper.make_node("Neg", ["unturned"], ["states"]))


@pytest.mark.parametrize("spoil", [_turn_word_embeddings, _turn_states])
def test_a_file_that_disagrees_with_torch_is_refused(
    spoil: Any, exported: Path, loaded: tuple[Any, Any]
) -> None:
    model = onnx.load(str(exported / "encoder.fp32.onnx"))
    spoil(model)
    onnx.save(model, str(exported / "encoder.fp32.onnx"))
    with pytest.raises(
        TrainingError, match=r"ONNX and torch disagree: cosine distance \d\.\d+, wanted at most"
    ):
        check_agreement(*loaded, exported, TEXTS)


def test_another_tokenizer_is_a_disagreement(exported: Path, loaded: tuple[Any, Any]) -> None:
    path = exported / "tokenizer.json"
    path.write_text(path.read_text("utf-8").replace('"lowercase": true', '"lowercase": false'), "utf-8")
    with pytest.raises(TrainingError, match="ONNX and torch disagree"):
        check_agreement(*loaded, exported, ["WHERE is my LAMP"])


def test_the_digest_is_of_weights_and_tokenizer_alone(tiny_base: Path, tmp_path: Path) -> None:
    model, tokenizer = load_transformer(str(tiny_base))
    before = encoder_digest(model, tokenizer)
    tokenizer(["a text"], truncation=True, max_length=9, padding=True)
    assert encoder_digest(model, tokenizer) == before == encoder_digest(*load_transformer(str(tiny_base)))
    assert encoder_digest(*load_transformer(str(make_base(tmp_path / "other", seed=1)))) != before
    tokenizer.add_tokens(["kefu"])
    assert encoder_digest(model, tokenizer) != before


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (lambda folder: (folder / "model.safetensors").unlink(), "can't load a model from it"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"\x01"), "can't load a model from it"),
        (lambda folder: (folder / "config.json").write_text("{"), "can't load a model from it"),
        (
            lambda folder: (folder / "config.json").write_text('{"model_type": "unheard_of"}'),
            "can't load a model",
        ),
        (
            lambda folder: [path.unlink() for path in folder.glob("tokenizer*")],
            "knows nothing of",
        ),
    ],
    ids=["no weights", "broken weights", "broken config", "unknown kind", "no tokenizer"],
)
def test_a_base_model_that_cant_be_loaded_is_named(
    harm: Any, reason: str, tiny_base: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(tiny_base, tmp_path / "base"))
    harm(folder)
    with pytest.raises(TrainingError, match=f"{folder}: .*({reason})"):
        load_transformer(str(folder))


@pytest.mark.parametrize("n_bytes", [0, 4096])
def test_a_disk_that_fills_up_under_the_quantiser_is_told(
    n_bytes: int, loaded: tuple[Any, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = onnx.shape_inference.infer_shapes_path

    def cut_short(source: str, target: str) -> None:  # as it does on a full disk, without a word
        write(source, target)
        os.truncate(target, n_bytes)

    monkeypatch.setattr(onnx.shape_inference, "infer_shapes_path", cut_short)
    with pytest.raises(
        TrainingError, match=r"encoder\.int8\.onnx: could not be written: .*is that disk full"
    ):
        export(*loaded, tmp_path)


def test_attention_is_one_operator_a_layer(exported: Path, loaded: tuple[Any, Any]) -> None:
    transformer = loaded[0]
    for kind in ("fp32", "int8"):
        nodes = [node.op_type for node in onnx.load(str(exported / f"encoder.{kind}.onnx")).graph.node]
        assert nodes.count("MultiHeadAttention") == transformer.config.num_hidden_layers
        assert "Softmax" not in nodes
    assert transformer.config._attn_implementation == "eager"


def test_a_transformer_that_keeps_its_attention_to_itself_is_exported_as_it_is(tmp_path: Path) -> None:
    tokenizer = make_tokenizer()
    config = MPNetConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
    )
    torch.manual_seed(0)
    transformer = MPNetModel(config).eval()
    export(transformer, tokenizer, tmp_path)
    assert "Softmax" in {node.op_type for node in onnx.load(str(tmp_path / "encoder.fp32.onnx")).graph.node}
    assert (
        check_agreement(transformer, tokenizer, tmp_path, ["sofa", "where is my lamp"]).fp32_max
        <= FP32_TOLERANCE
    )
