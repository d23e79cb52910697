"""Backward passes whose gradients are thrown away: zeroed before any step has used them.

Much that is healthy zeroes gradients between two backward passes: two optimisers in turns, several losses whose
gradients are combined by hand, gradients of the inputs, updates by hand. So a pass counts only where neither another
optimiser nor anybody else moved the weights meanwhile, where its inputs wanted no gradient, and where the step then
uses the gradient of the last pass as it was, but for a factor (clipping).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from whet.watching.breaking import tensors_in

__all__ = ["Discarding"]

SAMPLE = 256  # values of one parameter that are compared
SAME = 0.999  # cosine of two gradients that are one but for a factor


@dataclass(kw_only=True, slots=True)
class Discarding:
    """Of one window that is looked at."""

    count: int = 0  # passes thrown away so far
    is_used_otherwise: bool = False  # somebody does something with gradients that is not seen
    _param: Tensor | None = None
    _gradient: Tensor | None = None  # sample, after the last backward pass
    _weight: Tensor | None = None

    def before_backward(self, inputs: Any) -> None:
        """A further pass begins: is the gradient of the last one still there?"""
        if any(t.requires_grad for t in tensors_in(inputs)):
            self.is_used_otherwise = True
        if self._param is None or self._gradient is None or self._weight is None or self.is_used_otherwise:
            return
        now = _sample(self._param.grad)
        if now is not None and bool(now.count_nonzero()):
            return  # adds up
        weight = _sample(self._param)
        if weight is not None and torch.equal(weight, self._weight):
            self.count += 1
        else:
            self.is_used_otherwise = True

    def after_backward(self, optimizers: Sequence[Optimizer]) -> None:
        """Remember what it left, by the first parameter that has a gradient."""
        self._param = self._gradient = self._weight = None
        for param in (p for o in optimizers for g in o.param_groups for p in g["params"]):
            gradient = _sample(param.grad)
            if gradient is not None and bool(gradient.count_nonzero()):
                self._param, self._gradient, self._weight = param, gradient, _sample(param)
                return

    def at_step(self) -> int:
        """Passes thrown away before a step that uses the last one as it is."""
        if not self.count or self.is_used_otherwise or self._param is None or self._gradient is None:
            return 0
        now = _sample(self._param.grad)
        if now is None or len(now) != len(self._gradient):
            return 0
        like = torch.nn.functional.cosine_similarity(now.double(), self._gradient.double(), dim=0)
        return self.count if float(like) > SAME else 0


def _sample(values: Tensor | None) -> Tensor | None:
    """Some values, copied; None where there are none to read."""
    if values is None or values.layout != torch.strided or not values.is_floating_point():
        return None
    with torch.no_grad():
        return values.detach().reshape(-1)[:SAMPLE].clone()
