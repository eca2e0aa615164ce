"""The torch encoder becomes ONNX, fp32 and int8, checked against torch before anyone serves it."""

import contextlib
import copy
import hashlib
import io
import json
import logging
import math
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from torch import Tensor, nn

from nlu.encoder import LETTER_CASES, MAX_TOKENS, Encoded, Encoder, words_of
from nlu.letter_case import letter_cases, spread
from nlu.model import has_token_types, pool, reads_letter_case, tag_layer
from training.centering import center
from training.errors import TrainingError
from training.onnx_attention import fused_attention
from training.sentence_config import prompts_of, read_sentence_config
from training.sentiment import SHIPPED
from training.smoothing import Feed, smooth
from training.tracing import write_graph

INPUTS = ("input_ids", "token_type_ids")
CASED_INPUTS = ("input_ids", LETTER_CASES)
GRAPH = 3  # counts the ways in which `export` has written a graph
FP32_TOLERANCE = 1e-3  # cosine distance at most between torch and ONNX fp32
SAMPLE = "a 1 e 你 о"
SMOOTHED_STEP = 8  # every eighth of the shipped messages shows the ranges of activations well enough
INT8_WARNING = 0.05  # mean cosine distance from which int8 is named a loss


class PooledEncoder(nn.Module):
    """A transformer with its pooling, for texts that aren't padded: ids -> unit vectors (batch, width) and the
    tag layer's states (batch, tokens, width)."""

    center: Tensor | None

    def __init__(self, transformer: Any) -> None:
        super().__init__()
        self.transformer = transformer
        center = getattr(transformer.config, "kefu_center", None)
        self.register_buffer("center", torch.tensor(center) if center else None)

    def forward(self, input_ids: Tensor, token_type_ids: Tensor) -> tuple[Tensor, Tensor]:
        more = {"token_type_ids": token_type_ids} if has_token_types(self.transformer.config) else {}
        found = self.transformer(input_ids=input_ids, output_hidden_states=True, **more)
        states = found.hidden_states[tag_layer(self.transformer.config)]
        return pool(found.last_hidden_state, None, self.transformer.config, self.center), states


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep the exporter's and quantiser's chatter from the operator; errors are raised, not printed."""
    previous = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(previous)


def load_transformer(source: str) -> tuple[Any, Any]:
    """Model (evaluation mode, plain attention so that it exports, its config told the pooling and the prompts)
    and fast tokenizer.

    Raises TrainingError if transformers can't load them."""
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    try:
        with quiet():
            model = AutoModel.from_pretrained(source, attn_implementation="eager", dtype=torch.float32)
            tokenizer = AutoTokenizer.from_pretrained(source, use_fast=True)
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        reason = next(iter(str(error).splitlines()), repr(error))
        raise TrainingError(f"{source}: transformers can't load a model from it: {reason}") from error
    if not getattr(tokenizer, "is_fast", False):
        raise TrainingError(f"{source}: has no fast tokenizer (tokenizer.json), which serving needs")
    # Where a folder lacks its tokenizer's files, transformers makes one that knows no word.
    if set(tokenizer(SAMPLE, add_special_tokens=False)["input_ids"]) <= {tokenizer.unk_token_id}:
        raise TrainingError(
            f"{source}: its tokenizer knows nothing of {SAMPLE!r}; is tokenizer.json missing?"
        )
    model.pooler = None  # it isn't used, and where a base model lacks it, its weights are random
    read_sentence_config(source).tell(model.config)
    model.config.kefu_center = center(model.eval(), tokenizer)
    return model, tokenizer


def export(transformer: Any, tokenizer: Any, folder: Path) -> None:
    """Write tokenizer.json, encoder.fp32.onnx and encoder.int8.onnx into a folder, for one text at a time.

    Layer norm and GELU are fused by ONNX Runtime's optimizer; int8 is dynamic quantisation
    with a scale for each output channel, after `smooth`. Raises TrainingError where the disk won't take it."""
    import onnx
    from onnxruntime.transformers.optimizer import optimize_model

    (folder / "tokenizer.json").write_text(_tokenizer_json(tokenizer), "utf-8")
    module = PooledEncoder(transformer).eval()
    inputs = CASED_INPUTS if reads_letter_case(transformer.config) else INPUTS
    raw, fp32, int8 = (folder / f"encoder.{kind}.onnx" for kind in ("raw", "fp32", "int8"))
    with quiet(), fused_attention(transformer):
        write_graph(module, transformer.config, inputs, raw)
        config = transformer.config
        fused = optimize_model(
            str(raw),
            model_type="bert",
            num_heads=config.num_attention_heads,
            hidden_size=config.hidden_size,
            opt_level=0,
        )
        onnx.helper.set_model_props(fused.model, prompts_of(config).metadata())
        fused.save_model_to_file(str(fp32))
        smooth(fp32, raw, _feeds(tokenizer, inputs, prompts_of(config).query))
        _quantise(raw, int8)
        raw.unlink()


def _feeds(tokenizer: Any, inputs: Sequence[str], prompt: str) -> list[Feed]:
    """Messages that ship with kefu, as inputs: whatever is trained, the same int8 file comes of the same weights."""
    lines = SHIPPED.read_text("utf-8").splitlines()[::SMOOTHED_STEP]
    texts = [prompt + line.split("\t")[1] for line in lines]
    arrays = [
        np.array([ids]) for ids in tokenizer(texts, truncation=True, max_length=MAX_TOKENS)["input_ids"]
    ]
    return [dict(zip(inputs, (ids, np.zeros_like(ids)), strict=True)) for ids in arrays]


def _quantise(fp32: Path, int8: Path) -> None:
    import onnx
    from google.protobuf.message import DecodeError
    from onnxruntime.quantization import QuantType, quantize_dynamic

    try:
        quantize_dynamic(
            str(fp32),
            str(int8),
            weight_type=QuantType.QInt8,
            per_channel=True,
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )
    except (DecodeError, ValueError) as error:
        # ONNX's own writer passes over a full disk in silence; what is read back is then cut short.
        raise TrainingError(
            f"{int8}: could not be written: {error}; is that disk full, or {tempfile.gettempdir()}?"
        ) from error


def _tokenizer_json(tokenizer: Any) -> str:
    """Without truncation and padding, which are as the last call had them."""
    content = json.loads(tokenizer.backend_tokenizer.to_str())
    return json.dumps({**content, "truncation": None, "padding": None}, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far ONNX strays from torch: mean and largest cosine distance of the vectors.

    `digest` is that of the weights and the tokenizer that were compared."""

    fp32_mean: float
    fp32_max: float
    int8_mean: float
    int8_max: float
    seconds: float
    digest: str = ""

    @property
    def is_int8_close(self) -> bool:
        return self.int8_mean <= INT8_WARNING


def check_agreement(transformer: Any, tokenizer: Any, folder: Path, texts: Sequence[str]) -> Agreement:
    """Compare torch, ONNX fp32 and ONNX int8 on real texts.

    Raises TrainingError if fp32 does not agree: such a release must not be made."""
    start = time.perf_counter()
    wanted = [torch_encode(transformer, tokenizer, text) for text in texts]
    met = {
        kind: Encoder(folder / f"encoder.{kind}.onnx", folder / "tokenizer.json").encode(texts)
        for kind in ("fp32", "int8")
    }
    fp32, int8 = (
        np.array([_distance(a.vector, b.vector) for a, b in zip(wanted, met[kind], strict=True)])
        for kind in ("fp32", "int8")
    )
    words = [_distance(a.word_states, b.word_states) for a, b in zip(wanted, met["fp32"], strict=True)]
    farthest = max(float(fp32.max()), *words)
    if not farthest <= FP32_TOLERANCE:  # NaN too
        raise TrainingError(
            f"ONNX and torch disagree: cosine distance {farthest:.4f}, wanted at most {FP32_TOLERANCE}"
        )
    return Agreement(
        float(fp32.mean()),
        float(fp32.max()),
        float(int8.mean()),
        float(int8.max()),
        time.perf_counter() - start,
        encoder_digest(transformer, tokenizer),
    )


def _distance(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """The largest cosine distance of vectors (width,) or rows (n, width); infinite where their shapes differ."""
    if one.shape != other.shape:
        return math.inf
    lengths = np.linalg.norm(one, axis=-1) * np.linalg.norm(other, axis=-1)
    return float(np.max(1 - (one * other).sum(axis=-1) / np.maximum(lengths, 1e-12), initial=0.0))


def torch_encode(transformer: Any, tokenizer: Any, text: str) -> Encoded:
    """What torch gives for one text, unpadded; to be served by ONNX it must come out the same in any batch."""
    prompt = prompts_of(transformer.config).query
    batch = tokenizer([prompt + text], return_tensors="pt", truncation=True, max_length=MAX_TOKENS)
    firsts, words = words_of(batch.encodings[0], text, start=len(prompt))
    ids, cases = batch["input_ids"], letter_cases(text, words)
    types = torch.zeros_like(ids)
    if reads_letter_case(transformer.config):
        types = torch.from_numpy(spread(cases, firsts, ids.shape[1]))[None]
    with torch.inference_mode():
        vectors, states = PooledEncoder(transformer)(ids, types)
    return Encoded(text, vectors[0].float().numpy(), states[0].float().numpy()[firsts], cases, words)


def encoder_digest(transformer: Any, tokenizer: Any) -> str:
    """SHA-256 of all that the ONNX files are made of."""
    digest = hashlib.sha256(_tokenizer_json(tokenizer).encode())
    config = copy.deepcopy(transformer.config)
    config.kefu_center = None  # it follows from the rest, to the last digit but one
    digest.update(f"{GRAPH}\n{tag_layer(config)}\n{config.to_json_string()}".encode())
    for name, tensor in sorted(transformer.state_dict().items()):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(tensor.detach().cpu().numpy()).data)
    return digest.hexdigest()
