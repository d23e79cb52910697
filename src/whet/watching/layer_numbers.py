"""Numbers of one layer's output."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from whet.watching.trace import LayerSeen

__all__ = ["axis_of", "first_tensor", "layer_seen"]

MOST_VALUES = 2**18  # of a larger output only some examples are read, evenly spread
PRECISE = 0.9  # share of the mean square that is the mean's: above it, the deviation is computed anew
FLAT = {"Sigmoid": 0.01 * 0.25, "Tanh": 0.01}  # derivative below 1 % of its peak, which is 0.25 and 1

_FIRST = (nn.modules.conv._ConvNd, nn.modules.batchnorm._NormBase, nn.GroupNorm)
_LAST = (nn.Linear, nn.LayerNorm, nn.RMSNorm, nn.Embedding, nn.EmbeddingBag, nn.RNNBase, nn.MultiheadAttention)


def axis_of(module: nn.Module | None) -> int | None:
    """The axis of the units in the outputs of this kind of module; None where its input decides."""
    if isinstance(module, _FIRST):
        return 1
    return -1 if isinstance(module, _LAST) else None


def first_tensor(output: Any) -> Tensor | None:
    """The output itself, the first tensor of a tuple or mapping, or the values of a packed sequence."""
    if isinstance(output, nn.utils.rnn.PackedSequence):
        return output.data
    if isinstance(output, Tensor):
        return output
    inside = output.values() if isinstance(output, dict) else output if isinstance(output, list | tuple) else ()
    return next((found for found in map(first_tensor, inside) if found is not None), None)


def layer_seen(kind: str, output: Tensor, axis: int) -> LayerSeen | None:
    """None for outputs that are not floating point, or empty.

    >>> seen = layer_seen("ReLU", torch.tensor([[0.0, 2.0], [0.0, 4.0]]), 1)
    >>> seen.silent, seen.mean, seen.most
    (0.5, 1.5, 4.0)
    """
    if not output.is_floating_point() or not output.numel() or output.layout != torch.strided or output.is_nested:
        return None
    with torch.no_grad():
        x = _sample(output.detach())
        x = x if x.dtype == torch.float64 else x.float()
        x = x.reshape(-1, 1) if x.ndim < 2 else x
        tops = _tops(x, axis % x.ndim if -x.ndim <= axis < x.ndim else x.ndim - 1)
        quiet = (tops <= 0).to(x.dtype).mean()
        size = torch.linalg.vector_norm(x)
        # one reading for all: on another device each would wait
        high, low, mean, norm, silent = torch.stack([tops.amax(), x.amin(), x.mean(), size, quiet]).tolist()
        broken = 0.0
        if not (abs(high) < float("inf") and abs(low) < float("inf")):  # NaN fails the comparison too
            finite = x.isfinite()
            broken = 1 - float(finite.float().mean())
            x = x[finite] if broken < 1 else x.new_zeros(1)
            high, low, mean, norm = float(x.max()), float(x.min()), float(x.mean()), float(torch.linalg.vector_norm(x))
        return LayerSeen(
            kind=kind,
            mean=mean,
            std=_std(x, mean, norm),
            most=max(abs(high), abs(low)),
            broken=broken,
            silent=silent,
            flat=_flat(kind, x),
        )


def _tops(x: Tensor, axis: int) -> Tensor:
    """The largest value of every unit. PyTorch is 5 to 30 times as fast along the first axis as along several."""
    if axis == x.ndim - 1:
        return x.reshape(-1, x.shape[-1]).amax(0)
    if axis == 0:
        return x.flatten(1).amax(1)
    return x.amax(0).movedim(axis - 1, 0).flatten(1).amax(1)


def _std(x: Tensor, mean: float, norm: float) -> float:
    """From mean and norm, unless little would be left of their digits (``std_mean`` takes fifty times as long)."""
    square = norm * norm / x.numel()
    if mean * mean > PRECISE * square or not square < float("inf"):
        return float(torch.linalg.vector_norm(x.sub(mean))) / math.sqrt(x.numel())
    return math.sqrt(square - mean * mean)


def _sample(output: Tensor) -> Tensor:
    if output.numel() <= MOST_VALUES or output.ndim < 2:
        return output
    return output[:: -(-output.numel() // MOST_VALUES)]


def _flat(kind: str, x: Tensor) -> float:
    if kind not in FLAT:
        return 0.0
    slope = x * (1 - x) if kind == "Sigmoid" else 1 - x * x
    return float((slope < FLAT[kind]).float().mean())
