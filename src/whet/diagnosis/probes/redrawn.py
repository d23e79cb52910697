"""The same network with new initial weights: what is left of a finding then does not come from the weights."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

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
    Biases lie around 0 and scales of norms around 1, a tenth to either side, whatever they were (a bias of -10 closes
    a path too); other vectors and scalars are only moved by as much, for what they mean is not known.
    """
    generator = make_generator(seed, "redraw", str(gain))
    with torch.no_grad():
        for module in model.modules():
            for name, parameter in module.named_parameters(recurse=False):
                if not parameter.is_floating_point():
                    continue
                noise = torch.randn(parameter.shape, generator=generator).to(parameter)
                if parameter.ndim >= 2:
                    parameter.copy_(gain * noise / max(1, parameter[0].numel()) ** 0.5)
                else:
                    parameter.copy_(_middle(module, name, parameter) + 0.1 * noise)


def _middle(module: nn.Module, name: str, vector: nn.Parameter) -> Tensor:
    """What a vector is drawn around."""
    if "bias" in name:
        return torch.zeros_like(vector)
    is_norm = name == "weight" and "Norm" in type(module).__name__
    return torch.ones_like(vector) if is_norm else vector.detach()
