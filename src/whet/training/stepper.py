"""One training step: forward, loss, backward, then the weights move."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_, get_total_norm

from whet.data.inputs import Batch
from whet.training.accumulating import Accumulator
from whet.training.moving import Moving
from whet.training.objective import Objective

__all__ = ["Stepper", "add_l1"]


@dataclass(kw_only=True)
class Stepper:
    """Moves the weights of ``moving`` by one batch at a time.

    The L1 penalty enters through its gradient, l1 * sign(weight); the reported loss leaves it out, so that training and
    validation losses can be compared.
    """

    moving: Moving
    objective: Objective
    precision: str = "float32"  # or "bfloat16": weights stay float32, products run in bfloat16
    l1: float = 0.0
    grad_clip: float | None = None
    accumulator: Accumulator = field(default_factory=Accumulator)

    def __call__(
        self, batch: Batch, targets: Tensor, *, step: int, rate: float, generator: torch.Generator, measure: bool
    ) -> tuple[Tensor, Tensor | None]:
        """The loss before the step, and the norm of the gradients where it was clipped or ``measure`` asks for it."""

        def loss_of(part: Batch, known: Tensor) -> Tensor:
            with self._autocast(targets.device.type):
                return self.objective(self.moving.model, part, known, generator=generator)

        loss = self.accumulator(self.moving.model, batch, targets, loss_of)
        norm = self._regularise(measure)
        self.moving.optimisers.step(rate)
        if self.moving.average is not None:
            self.moving.average.update(step)
        return loss, norm

    def _autocast(self, device: str) -> AbstractContextManager[object]:
        if self.precision == "float32":
            return nullcontext()
        return torch.autocast(device, dtype=torch.bfloat16)

    @torch.no_grad()
    def _regularise(self, measure: bool) -> Tensor | None:
        if self.l1 > 0:
            add_l1(self.moving.model.decayed(), self.l1)
        if self.grad_clip is not None:
            return clip_grad_norm_(self._with_gradients(), self.grad_clip)
        return get_total_norm([p.grad for p in self._with_gradients() if p.grad is not None]) if measure else None

    def _with_gradients(self) -> list[nn.Parameter]:
        return [p for p in self.moving.model.parameters() if p.grad is not None]


def add_l1(parameters: list[nn.Parameter], l1: float) -> None:
    """Add the gradient of l1 * sum of |weight| where there is one."""
    assert math.isfinite(l1)
    for parameter in parameters:
        if parameter.grad is not None:
            parameter.grad.add_(parameter.sign(), alpha=l1)
