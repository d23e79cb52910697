"""Do weights look as an initialiser left them? Frozen weights that were never trained are hardly frozen on purpose.

PyTorch's initialisers are uniform within a bound that follows from the shape, or normal with such a deviation. A few
steps of training carry weights over the bound. Where the law is not recognised, nothing is claimed.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

__all__ = ["is_fresh"]

LEAST = 24  # values
RARE_LEAST = 400  # values from which one of several laws is recognised by its bound
NORMAL_LEAST = 1500  # or by its deviation, which is then known to 2 %


def is_fresh(owner: nn.Module, weight: Tensor) -> bool | None:
    """None where the shape says nothing: vectors, few values.

    >>> import torch
    >>> layer = nn.Linear(32, 32)
    >>> is_fresh(layer, layer.weight), is_fresh(layer, layer.weight * 1.2), is_fresh(layer, layer.bias)
    (True, False, None)
    """
    if isinstance(owner, nn.modules.batchnorm._NormBase) and owner.running_mean is not None:
        return not bool(owner.running_mean.any())
    if weight.ndim < 2 or weight.numel() < LEAST or not weight.is_floating_point():
        return None
    values = weight.detach().double().flatten(1)
    values = values[values.abs().sum(dim=1) > 0].reshape(-1)  # rows of zeros: padding
    if not len(values) or bool((values == values[0]).all()):
        return True
    fan_in, fan_out = math.prod(weight.shape[1:]), weight.shape[0] * math.prod(weight.shape[2:])
    if not _has_fresh_bias(owner, fan_in):
        return False
    if isinstance(owner, nn.Embedding | nn.EmbeddingBag):
        return _is_normal(values, 1.0)
    if any(_is_uniform(values, bound) for bound in _usual_bounds(owner, fan_in)):
        return True
    if len(values) < RARE_LEAST:
        return False
    return any(_is_uniform(values, bound) for bound in _rare_bounds(fan_in, fan_out)) or (
        len(values) >= NORMAL_LEAST and any(_is_normal(values, std) for std in _deviations(fan_in, fan_out))
    )


def _has_fresh_bias(owner: nn.Module, fan_in: int) -> bool:
    """Zero, or within the bound of PyTorch's own initialiser, or not there."""
    bias = getattr(owner, "bias", None)
    if not isinstance(bias, Tensor) or not bias.numel():
        return True
    return float(bias.detach().abs().max()) <= (1 + 1e-5) / math.sqrt(fan_in)


def _usual_bounds(owner: nn.Module, fan_in: int) -> list[float]:
    """Of linear layers and convolutions, and of recurrent ones, as PyTorch makes them."""
    hidden = getattr(owner, "hidden_size", None)
    return [1 / math.sqrt(hidden if isinstance(hidden, int) and hidden > 0 else fan_in)]


def _rare_bounds(fan_in: int, fan_out: int) -> list[float]:
    """Of Xavier's and Kaiming's uniform laws, as people call them with their usual gains."""
    bounds = [math.sqrt(k / fan_in) for k in (3, 6)]
    return bounds + [gain * math.sqrt(6 / (fan_in + fan_out)) for gain in (1, math.sqrt(2), 5 / 3)]


def _deviations(fan_in: int, fan_out: int) -> list[float]:
    known = [math.sqrt(2 / fan_in), math.sqrt(1 / fan_in), math.sqrt(2 / fan_out), math.sqrt(2 / (fan_in + fan_out))]
    return [*known, 0.02, 0.01]


def _is_uniform(values: Tensor, bound: float) -> bool:
    """Nothing above the bound, something just below it, and the deviation of a uniform law."""
    most, count = float(values.abs().max()), len(values)
    if most > bound * (1 + 1e-5) or most < bound * (1 - 8 / count):
        return False
    expected = bound / math.sqrt(3)
    return abs(float(values.square().mean().sqrt()) - expected) < 4 * 0.45 * expected / math.sqrt(count)


def _is_normal(values: Tensor, std: float) -> bool:
    count = len(values)
    seen = float(values.square().mean().sqrt())
    fourth = float((values / seen).pow(4).mean())
    near = abs(seen - std) < 2.5 * std / math.sqrt(2 * count)
    centred = abs(float(values.mean())) < 4 * std / math.sqrt(count)
    return near and centred and abs(fourth - 3) < 3 * math.sqrt(24 / count) and bool(torch.isfinite(values).all())
