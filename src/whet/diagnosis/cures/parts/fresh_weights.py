"""Draws weights anew, as PyTorch's own layers do."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from whet.diagnosis.cures.parts.following import forget
from whet.diagnosis.setup import Setup
from whet.rng import drawing_globally

__all__ = ["draw_weights", "mend_broken_weights"]


def draw_weights(setup: Setup, wanted: Callable[[str, nn.Module], bool] = lambda name, module: True) -> None:
    """Change ``setup`` (a copy) in place. Modules whose own parameters are all frozen keep them, on purpose."""
    drawn: list[nn.Parameter] = []
    with torch.no_grad(), drawing_globally(setup.seed, "fresh weights"):
        for name, module in reversed(list(setup.model.named_modules())):  # inner ones first
            own = list(module.parameters(recurse=False))
            if not own or not wanted(name, module) or not any(p.requires_grad for p in own):
                continue
            reset: Any = getattr(module, "reset_parameters", getattr(module, "_reset_parameters", None))
            if callable(reset):
                reset()
            else:
                for parameter in own:
                    _draw(parameter)
            drawn += own
    forget(setup.optimizer, drawn)


def mend_broken_weights(setup: Setup) -> None:
    """Draw anew what holds NaN or infinity: no rate and no clipping brings such weights back."""
    broken = {
        name for name, module in setup.model.named_modules() if not all(bool(t.isfinite().all()) for t in _own(module))
    }
    if broken:
        draw_weights(setup, lambda name, module: name in broken)


def _own(module: nn.Module) -> list[torch.Tensor]:
    tensors = [*module.parameters(recurse=False), *module.buffers(recurse=False)]
    return [t for t in tensors if t.is_floating_point()]


def _draw(parameter: nn.Parameter) -> None:
    """A parameter of a module that does not say how: as ``nn.Linear`` where it is a matrix; scales and shifts stay."""
    if not parameter.is_floating_point():
        return
    if parameter.ndim >= 2 and parameter.shape[0]:
        nn.init.kaiming_uniform_(parameter, a=math.sqrt(5))
    elif not parameter.isfinite().all():
        nn.init.zeros_(parameter)
