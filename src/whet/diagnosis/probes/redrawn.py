"""The same network with new initial weights: what is left of a finding then does not come from the weights."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from whet.rng import drawing_globally, make_generator

__all__ = ["redraw", "reset"]


def reset(model: nn.Module, *, seed: int) -> int:
    """Give every layer that knows how to (``reset_parameters``) PyTorch's ordinary initial weights, in place.

    Returns:
        How many layers were reset.
    """
    num = 0
    with drawing_globally(seed, "reset"):
        for module in model.modules():
            draw: Any = getattr(module, "reset_parameters", None) or getattr(module, "_reset_parameters", None)
            if callable(draw):
                draw()
                num += 1
    return num


def redraw(model: nn.Module, *, seed: int, gain: float = 1.0) -> None:
    """Put noise into every floating-point parameter, in place, so that no path is closed by a special value such as 0.

    Args:
        gain: standard deviation of a matrix's entries is ``gain / sqrt(inputs of a unit)``.
    Vectors and scalars (biases, scales) are only moved by a tenth, so that scales of 1 stay near 1.
    """
    generator = make_generator(seed, "redraw", str(gain))
    with torch.no_grad():
        for parameter in model.parameters():
            if not parameter.is_floating_point():
                continue
            noise = torch.randn(parameter.shape, generator=generator).to(parameter)
            if parameter.ndim < 2:
                parameter.add_(0.1 * noise)
            else:
                parameter.copy_(gain * noise / max(1, parameter[0].numel()) ** 0.5)
