"""Averaged weights: an exponential moving average that is evaluated and kept in place of the last weights.

Helps: noisy ends of trainings with a constant or a high learning rate. Hurts: trainings of fewer steps than
1 / (1 - decay), whose average would lag; the ramp below softens that.
Source: Polyak & Juditsky, 1992; the ramp min(decay, (1 + t) / (10 + t)) is that of TensorFlow's
ExponentialMovingAverage. Batch-norm buffers are averaged too, so that they fit the averaged weights.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from whet.models.architecture import Architecture

__all__ = ["Average"]

_PARAMETER = "parameter:"


class Average:
    """A second network whose weights and batch-norm statistics follow those of ``model``."""

    def __init__(self, model: Architecture, decay: float) -> None:
        self.decay = decay
        self.model = copy.deepcopy(model).requires_grad_(False).eval()
        pairs = list(zip(_named(self.model), _named(model)))
        self._averaged = [own for (name, own), _ in pairs if _is_averaged(name, own)]
        self._followed = [its for _, (name, its) in pairs if _is_averaged(name, its)]
        self._copied = [(own, its) for (name, own), (_, its) in pairs if not _is_averaged(name, own)]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights after ``step`` (from 0)."""
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(self._averaged, self._followed, 1 - decay)
        for own, its in self._copied:
            own.copy_(its)


def _named(model: Architecture) -> list[tuple[str, Tensor]]:
    parameters: list[tuple[str, Tensor]] = [(f"{_PARAMETER}{n}", p) for n, p in model.named_parameters()]
    return parameters + list(model.named_buffers())


def _is_averaged(name: str, tensor: Tensor) -> bool:
    """Weights and running statistics; other buffers (counters, bin edges that may be infinite) are copied."""
    is_statistic = name.rsplit(".", 1)[-1] in ("running_mean", "running_var")
    return tensor.is_floating_point() and (name.startswith(_PARAMETER) or is_statistic)
