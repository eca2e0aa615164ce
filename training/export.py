"""The torch encoder becomes ONNX, fp32 and int8, checked against torch before anyone serves it."""

import contextlib
import io
import logging
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nlu.encoder import Encoder
from nlu.model import pool, tag_layer
from training.errors import TrainingError

INPUTS = ("input_ids", "attention_mask", "token_type_ids")
FP32_TOLERANCE = 1e-3  # cosine distance at most between torch and ONNX fp32
INT8_WARNING = 0.05  # mean cosine distance from which int8 is named a loss


class PooledEncoder(nn.Module):
    """A transformer with mean pooling: ids -> unit vectors (batch, width) and the tag layer's states
    (batch, tokens, width)."""

    def __init__(self, transformer: Any) -> None:
        super().__init__()
        self.transformer = transformer

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor
    ) -> tuple[Tensor, Tensor]:
        more = {"token_type_ids": token_type_ids} if self.transformer.config.type_vocab_size > 1 else {}
        found = self.transformer(
            input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=True, **more
        )
        states = found.hidden_states[tag_layer(self.transformer.config)]
        return pool(found.last_hidden_state, attention_mask), states


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
    """Model (evaluation mode, plain attention so that it exports) and fast tokenizer.

    Raises TrainingError if transformers can't load them."""
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    try:
        with quiet():
            model = AutoModel.from_pretrained(source, attn_implementation="eager", dtype=torch.float32)
            tokenizer = AutoTokenizer.from_pretrained(source, use_fast=True)
    except (OSError, ValueError) as error:
        raise TrainingError(
            f"{source}: transformers can't load a model from it: {str(error).splitlines()[0]}"
        ) from error
    if not getattr(tokenizer, "is_fast", False):
        raise TrainingError(f"{source}: has no fast tokenizer (tokenizer.json), which serving needs")
    return model.eval(), tokenizer


def export(transformer: Any, tokenizer: Any, folder: Path) -> None:
    """Write tokenizer.json, encoder.fp32.onnx and encoder.int8.onnx into a folder.

    Attention, layer norm and GELU are fused by ONNX Runtime's optimizer; int8 is dynamic quantisation
    with a scale for each output channel."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.transformers.optimizer import optimize_model

    tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
    module = PooledEncoder(transformer).eval()
    ids = torch.tensor([[101, 2000, 102, 0], [101, 2000, 2001, 102]]) % transformer.config.vocab_size
    example = (ids, torch.tensor([[1, 1, 1, 0], [1, 1, 1, 1]]), torch.zeros_like(ids))
    dynamic = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    raw, fp32, int8 = (folder / f"encoder.{kind}.onnx" for kind in ("raw", "fp32", "int8"))
    with quiet():
        torch.onnx.export(
            module,
            example,
            raw,
            input_names=list(INPUTS),
            output_names=["vector", "states"],
            dynamic_shapes=(dynamic, dynamic, dynamic),
            dynamo=True,
            external_data=False,
            verbose=False,
        )
        config = transformer.config
        fused = optimize_model(
            str(raw),
            model_type="bert",
            num_heads=config.num_attention_heads,
            hidden_size=config.hidden_size,
            opt_level=0,
        )
        fused.save_model_to_file(str(fp32))
        quantize_dynamic(
            str(fp32),
            str(int8),
            weight_type=QuantType.QInt8,
            per_channel=True,
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )
    raw.unlink()


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far ONNX strays from torch: mean and largest cosine distance of the vectors."""

    fp32_mean: float
    fp32_max: float
    int8_mean: float
    int8_max: float
    seconds: float

    @property
    def is_int8_close(self) -> bool:
        return self.int8_mean <= INT8_WARNING


def check_agreement(transformer: Any, tokenizer: Any, folder: Path, texts: Sequence[str]) -> Agreement:
    """Compare torch, ONNX fp32 and ONNX int8 on real texts.

    Raises TrainingError if fp32 does not agree: such a release must not be made."""
    start = time.perf_counter()
    wanted = torch_vectors(transformer, tokenizer, texts)
    distances = {}
    for precision in ("fp32", "int8"):
        encoder = Encoder(folder / f"encoder.{precision}.onnx", folder / "tokenizer.json")
        met = np.stack([one.vector for one in encoder.encode(texts)])
        distances[precision] = 1 - (met * wanted).sum(axis=1)
    if distances["fp32"].max() > FP32_TOLERANCE:
        raise TrainingError(
            f"ONNX and torch disagree: cosine distance {distances['fp32'].max():.4f}, wanted at most {FP32_TOLERANCE}"
        )
    return Agreement(
        float(distances["fp32"].mean()),
        float(distances["fp32"].max()),
        float(distances["int8"].mean()),
        float(distances["int8"].max()),
        time.perf_counter() - start,
    )


def torch_vectors(transformer: Any, tokenizer: Any, texts: Sequence[str]) -> NDArray[np.float32]:
    """Vectors of texts by torch: (n, width)."""
    batch = tokenizer(list(texts), return_tensors="pt", padding=True, truncation=True, max_length=128)
    with torch.inference_mode():
        types = batch.get("token_type_ids", torch.zeros_like(batch["input_ids"]))
        vectors, _ = PooledEncoder(transformer)(batch["input_ids"], batch["attention_mask"], types)
    found: NDArray[np.float32] = vectors.float().numpy()
    return found
