"""What happens between two steps: forward passes, backward passes, and the state in which the gradients began."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from whet.watching.discarding import Discarding
from whet.watching.trace import LayerSeen, LossSeen

__all__ = ["Window", "value_of"]


@dataclass(kw_only=True, slots=True)
class Window:
    """From the end of one step to the end of the next. Several optimisers may step at the end of the same one."""

    looked_at: bool
    previous_end: float  # on the clock of ``OwnWork``
    num_forward: int = 0  # with gradients
    num_backward: int = 0
    total: float | Tensor | None = None  # of what backward was called on; None where a part of it is not known
    loss_value: float | Tensor | None = None  # the latest of the user's loss module
    latest_call: LossSeen | None = None  # of a loss function since the latest forward or backward pass
    loss_call: LossSeen | None = None  # that the first backward pass followed
    clean: dict[int, bool | None] = field(default_factory=dict)  # by optimiser
    stepped: set[int] = field(default_factory=set)  # optimisers
    discarding: Discarding | None = None  # in windows that are looked at
    layers: dict[str, LayerSeen] = field(default_factory=dict)  # filled in windows that are looked at
    entered: set[int] | None = None  # modules whose layers were looked at
    inputs: Any = None  # of the latest forward pass, until the step
    outputs: Any = None  # of it, until the backward pass begins
    num_examples: int | None = None
    mark: int | None = None  # of its batch, in windows that are looked at
    is_training: bool = True
    in_eval: tuple[str, ...] = ()
    forward_begin: float | None = None
    wait_s: float | None = None

    def __post_init__(self) -> None:
        if self.looked_at:
            self.discarding, self.entered = Discarding(), set()

    def begin_forward(self, now: float, *, evaluated: bool) -> None:
        """A forward pass with gradients. ``evaluated``: since the last step there were passes without."""
        self.num_forward += 1
        self.latest_call = None
        if self.forward_begin is None:
            self.forward_begin = now
            self.wait_s = None if evaluated else max(0.0, now - self.previous_end)

    def begin_backward(
        self, optimizers: Sequence[Optimizer], values: list[float | Tensor | None], *, inside: bool
    ) -> None:
        """A backward pass. Where all gradients have gone meanwhile, what came before no longer counts.

        Args:
            values: the losses.
            inside: of a step whose closure computes the loss several times; the first is the step's.
        """
        absent = [_without_gradients(o) for o in optimizers]
        again = inside and self.num_backward > 0
        if self.num_backward == 0 or False not in absent:
            self.clean = {
                id(o): True if nothing else (_all_zero(o) if self.looked_at else None)
                for o, nothing in zip(optimizers, absent)
            }
            self.num_backward = 0
            self.total = self.total if again else 0.0
            self.loss_call = self.latest_call
        self.num_backward += 1
        self.latest_call = None
        if again:
            return
        for value in values:
            self.total = None if value is None or self.total is None else self.total + value

    def loss(self) -> float | Tensor | None:
        """What the step's gradient is the gradient of, as far as seen: the sum over its backward passes."""
        if self.num_backward:
            return self.total
        if self.loss_value is not None:
            return self.loss_value
        return None if self.latest_call is None else self.latest_call.value


def value_of(loss: Any) -> float | Tensor | None:
    """A scalar's value: at once on the processor, later elsewhere, where reading it would wait for the device."""
    if not isinstance(loss, Tensor) or loss.numel() != 1:
        return None
    return float(loss.item()) if loss.is_cpu else loss.detach().clone()


def _without_gradients(optimizer: Optimizer) -> bool:
    for group in optimizer.param_groups:
        for param in group["params"]:
            if param.grad is not None:
                return False
    return True


def _all_zero(optimizer: Optimizer) -> bool:
    with torch.no_grad():
        for group in optimizer.param_groups:
            for param in group["params"]:
                grad = param.grad
                if grad is None:
                    continue
                values = grad.coalesce().values() if grad.layout == torch.sparse_coo else grad
                if bool(values.count_nonzero()):
                    return False
    return True
