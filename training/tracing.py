"""A transformer's graph in ONNX.

Following torch through its code takes seconds, and a training exports one architecture several times: the graph is kept,
and filled with other weights."""

import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import onnx_ir
import torch
from torch import Tensor, nn

ARCHITECTURES = 4  # whose graphs are kept
LEFT_OUT = {"_name_or_path", "kefu_center"}  # of a config: where it came from, and a buffer of the module

_kept: OrderedDict[tuple[object, ...], Any] = OrderedDict()


def write_graph(module: nn.Module, config: Any, inputs: Sequence[str], path: Path) -> None:
    """Write a module that takes token ids and token types, (1, tokens) each, and gives vector and states.

    The same `config`, inputs and shapes of weights must give the same graph."""
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in module.state_dict().items()}
    shapes = tuple((name, tuple(tensor.shape)) for name, tensor in weights.items())
    named = {name: value for name, value in config.to_dict().items() if name not in LEFT_OUT}
    architecture = (type(module), json.dumps(named, sort_keys=True, default=str), *inputs, shapes)
    if architecture not in _kept:
        _kept[architecture] = _trace(module, config, inputs)
        if len(_kept) > ARCHITECTURES:
            _kept.popitem(last=False)
    program = torch.onnx.ONNXProgram(_filled(_kept[architecture], weights), None)
    program.optimize()
    program.save(path, external_data=False)


def _trace(module: nn.Module, config: Any, inputs: Sequence[str]) -> Any:
    """The graph without the values of its weights."""
    ids = torch.tensor([[101, 2000, 2001, 102]]) % config.vocab_size
    dynamic = {1: torch.export.Dim.DYNAMIC}
    program: Any = torch.onnx.export(
        module,
        (ids, torch.zeros_like(ids)),
        input_names=list(inputs),
        output_names=["vector", "states"],
        dynamic_shapes=(dynamic, dynamic),
        dynamo=True,
        optimize=False,
        verbose=False,
    )
    return _filled(program.model, dict.fromkeys(module.state_dict()))


def _filled(graph: Any, weights: Mapping[str, Tensor | None]) -> Any:
    """A copy with these weights."""
    model = graph.clone()
    for name, value in model.graph.initializers.items():
        if name in weights:
            tensor = weights[name]
            value.const_value = None if tensor is None else onnx_ir.tensor(tensor.numpy(), name=name)
    return model
