"""What was NaN or infinite first in a step: inputs, parameters, layers in forward order, loss, gradients."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from whet.watching.norms import is_finite
from whet.watching.trace import LayerSeen

__all__ = ["first_broken", "is_broken", "tensors_in"]


def is_broken(loss: float | None, gradient: float | None) -> bool:
    """A step is broken where its loss or its gradient is: layers may well hold -inf behind a mask."""
    if loss is not None and not math.isfinite(loss):
        return True
    return gradient is not None and not math.isfinite(gradient)


def first_broken(
    *,
    inputs: Any,
    outputs: Any,
    named: Mapping[str, nn.Parameter],
    layers: Mapping[str, LayerSeen],
    loss: float | None,
) -> str:
    """Of a broken step, before the optimiser has moved the parameters. Empty where nothing is broken after all."""
    with torch.no_grad():
        if any(map(_has_broken, tensors_in(inputs))):
            return "inputs"
        for name, param in named.items():
            if not is_finite(param, math.nan):
                return f"parameter {name!r}"
        for name, layer in layers.items():
            if layer.broken:
                return f"layer {name!r} ({layer.kind})"
        if any(map(_has_broken, tensors_in(outputs))):
            return "outputs of the model"
        if loss is not None and not math.isfinite(loss):
            return "loss"
        grads = {n: p.grad for n, p in named.items() if p.grad is not None}
        for name, grad in reversed(grads.items()):  # gradients come from the last layer to the first
            if not is_finite(grad, math.nan):
                return f"gradient of {name!r}"
    return ""


def _has_broken(tensor: Tensor) -> bool:
    """NaN, or infinity above: -inf is how masks are written."""
    return tensor.is_floating_point() and bool((tensor.isnan() | (tensor == math.inf)).any())


def tensors_in(value: Any) -> Iterator[Tensor]:
    """However deep in dicts, lists and tuples."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from tensors_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from tensors_in(inner)
