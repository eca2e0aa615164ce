"""Attention as one operator of ONNX Runtime.

Written out, the attention of a layer becomes a dozen small operators, which on a short text take as long as the
matrices in it; ONNX Runtime's optimizer doesn't find them in what torch exports."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface

NAME = "onnx_runtime"
OPERATOR = "com.microsoft::MultiHeadAttention"


@contextmanager
def fused_attention(transformer: Any) -> Iterator[None]:
    """Meanwhile a transformer's attention is exported as that operator, without a mask: for texts that aren't padded.

    It can't be run in torch then. A kind of transformer that keeps its attention to itself stays as it is."""
    before = transformer.config._attn_implementation
    transformer.set_attn_implementation(NAME)
    try:
        yield
    finally:
        transformer.set_attn_implementation(before)


def _attend(
    module: Any, query: Tensor, key: Tensor, value: Tensor, _mask: Tensor | None, *, scaling: float, **_: Any
) -> tuple[Tensor, None]:
    """(batch, heads, tokens, width of a head) each -> (batch, tokens, heads, width of a head)."""
    heads = query.shape[1]
    inputs = tuple(states.transpose(1, 2).flatten(2) for states in (query, key, value))
    attended = torch.onnx.ops.symbolic(
        OPERATOR,
        inputs,
        {"num_heads": heads, "scale": scaling},
        dtype=query.dtype,
        shape=inputs[0].shape,
        version=1,
    )
    return attended.reshape(*attended.shape[:2], heads, -1), None


AttentionInterface.register(NAME, _attend)
AttentionMaskInterface.register(NAME, lambda *_args, **_options: None)
