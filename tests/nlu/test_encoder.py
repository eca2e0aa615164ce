"""The served encoder, on a random transformer."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from tokenizers import Tokenizer, models, pre_tokenizers

from nlu.encoder import MAX_TOKENS, Encoded, Encoder, load_encoder, words_of
from nlu.files import BadRelease

pytestmark = pytest.mark.slow

TEXTS = ("where is my blue lamp", "hi", "", "   ", "cancel A-1042 !", "👍🏽 你好", "sofa " * 300)


@pytest.fixture
def encoder(release: Path) -> Encoder:
    return Encoder(release / "encoder.fp32.onnx", release / "tokenizer.json")


def cosines(one: Sequence[Encoded], other: Sequence[Encoded]) -> list[float]:
    return [float(a.vector @ b.vector) for a, b in zip(one, other, strict=True)]


def test_vectors_have_length_one(encoder: Encoder) -> None:
    for encoded in encoder.encode(TEXTS):
        assert np.linalg.norm(encoded.vector) == pytest.approx(1, abs=1e-5)
        assert encoded.vector.shape == (encoder.width,)


def test_a_text_means_the_same_alone_and_among_longer_ones(release: Path) -> None:
    encoder = Encoder(release / "encoder.int8.onnx", release / "tokenizer.json")
    alone = [encoder.encode([text])[0] for text in TEXTS]
    for one, other in zip(alone, encoder.encode(TEXTS), strict=True):
        assert one.words == other.words
        assert np.array_equal(one.vector, other.vector)
        assert np.array_equal(one.word_states, other.word_states)


def test_an_encoder_of_the_same_files_is_not_loaded_twice(release: Path, tmp_path: Path) -> None:
    files = release / "encoder.int8.onnx", release / "tokenizer.json"
    first = load_encoder(*files)
    copies = [Path(shutil.copy(path, tmp_path)) for path in files]
    assert load_encoder(copies[0], copies[1], beside=first) is first
    assert load_encoder(*files, threads=2, beside=first) is not first
    copies[1].write_text(copies[1].read_text("utf-8") + "\n", "utf-8")
    assert load_encoder(copies[0], copies[1], beside=first) is not first
    copies[0].write_bytes(b"null")
    with pytest.raises(BadRelease):
        load_encoder(copies[0], copies[1], beside=first)
    copies[0].unlink()
    with pytest.raises(BadRelease, match="can't be read"):
        load_encoder(copies[0], copies[1], beside=first)


def test_nothing_to_encode_gives_nothing(encoder: Encoder) -> None:
    assert encoder.encode([]) == []


def test_each_word_has_its_place_and_one_state(encoder: Encoder) -> None:
    text = "where's  my blu-lamp?"
    encoded = encoder.encode([text])[0]
    assert [text[start:end] for start, end in encoded.words] == [
        "where",
        "'",
        "s",
        "my",
        "blu",
        "-",
        "lamp",
        "?",
    ]
    assert encoded.word_states.shape == (8, encoder.width)


def test_a_long_text_is_read_as_far_as_the_model_reaches(encoder: Encoder) -> None:
    assert len(encoder.encode(["sofa " * 4096])[0].words) == MAX_TOKENS - 2


def test_the_space_before_a_sentencepiece_word_is_no_part_of_it() -> None:
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "▁go": 1, "▁to": 2, "▁London": 3}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    text = "  go to  London"
    firsts, words = words_of(tokenizer.encode(text), text)
    assert [text[start:end] for start, end in words] == ["go", "to", "London"]
    assert len(firsts) == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("我的订单LW-10023 到了吗", ["我", "的", "订", "单", "LW", "-", "10023", "到", "了", "吗"]),
        ("go to London, please", ["go", "to", "London", ",", "please"]),
        ("不是£39，是39.5！", ["不", "是", "£39", "，", "是", "39", ".", "5", "！"]),
        ("  ", []),
    ],
)
@pytest.mark.parametrize("prompt", ["", "go to: "])
def test_a_tokenizer_that_parts_at_spaces_alone_parts_chinese_too(
    text: str, words: list[str], prompt: str
) -> None:
    pieces = [
        "▁",
        "▁go",
        "▁to",
        ":",
        "▁London",
        "▁please",
        "我的",
        "订单",
        "到了",
        "吗",
        "-",
        "100",
        "是",
        ",",
        "，",
    ]
    letters = [(piece, -9.0) for piece in dict.fromkeys("LW0123459.不£！")]
    vocabulary = [("[UNK]", 0.0), *((piece, -1.0) for piece in pieces), *letters]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=0))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    encoding = tokenizer.encode(prompt + text)
    firsts, found = words_of(encoding, text, start=len(prompt))
    assert [text[start:end] for start, end in found] == words
    for position, (start, _) in zip(firsts, found, strict=True):
        begins, ends = encoding.offsets[position]
        assert begins <= len(prompt) + start < ends


def test_an_encoder_with_other_outputs_is_refused(release: Path, tmp_path: Path) -> None:
    x = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["n", "m"])
    y = helper.make_tensor_value_info("hidden", TensorProto.INT64, ["n", "m"])
    graph = helper.make_graph([helper.make_node("Identity", ["input_ids"], ["hidden"])], "g", [x], [y])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, str(tmp_path / "other.onnx"))
    with pytest.raises(BadRelease, match=r"other\.onnx: gives hidden; wanted vector and states"):
        Encoder(tmp_path / "other.onnx", release / "tokenizer.json")


def test_the_runtime_reports_to_nobody(release: Path, tmp_path: Path) -> None:
    """Its telemetry would keep an id and a queue of events in the user's cache folder."""
    program = (
        "import sys; from pathlib import Path; from nlu.encoder import Encoder; folder = Path(sys.argv[1]);"
        "Encoder(folder / 'encoder.int8.onnx', folder / 'tokenizer.json').encode(['hi'])"
    )
    home = tmp_path / "home"
    home.mkdir()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("ORT_", "XDG_"))},
        "HOME": str(home),
    }
    subprocess.run([sys.executable, "-c", program, str(release)], check=True, env=environment)
    assert list(home.rglob("*")) == []
