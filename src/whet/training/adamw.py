"""AdamW as one call per step: bit for bit what ``torch.optim.AdamW(fused=True)`` computes, without its bookkeeping.

Of a small network's step PyTorch's class spends more on sorting its lists, adding 1 to a counter per parameter and
calling profiler hooks than on moving the weights. Here the lists stay as they are while the same parameters have
gradients, and the counters are numbers of one vector.
Source: Loshchilov & Hutter, "Decoupled Weight Decay Regularization", ICLR 2019; the decay itself is in ``optimisers``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["AdamW"]

BETA1, BETA2, EPS = 0.9, 0.999, 1e-8  # PyTorch's


class AdamW:
    """For parameters of one device and number format; what has no gradient neither moves nor counts the step.

    ``param_groups`` and ``state`` are laid out as in ``torch.optim.Optimizer``.
    """

    def __init__(self, parameters: Sequence[nn.Parameter], *, lr: float) -> None:
        self.param_groups: list[dict[str, Any]] = [{"params": list(parameters), "lr": lr}]
        self.state: defaultdict[Tensor, dict[str, Tensor]] = defaultdict(dict)
        self._steps = torch.zeros(len(parameters), device=parameters[0].device)
        self._places: list[int] | None = None  # of the parameters that moved in the last step
        self._moved: list[Any] = []

    @torch.no_grad()
    def step(self) -> None:
        """Move every parameter that has a gradient."""
        group = self.param_groups[0]
        parameters = group["params"]
        places = [place for place, parameter in enumerate(parameters) if parameter.grad is not None]
        if places != self._places:
            self._gather(places)
        if not places:
            return
        self._steps += self._counted
        means, squares = self._means
        torch._fused_adamw_(
            self._moved, [p.grad for p in self._moved], means, squares, [], self._counts,
            lr=group["lr"], beta1=BETA1, beta2=BETA2, weight_decay=0.0, eps=EPS, amsgrad=False, maximize=False,
        )  # fmt: skip

    def loaded(self) -> None:
        """``state`` was filled from outside: take it up at the next step."""
        self._places = None

    def _gather(self, places: list[int]) -> None:
        """The lists that a step hands over; what moves for the first time begins with means of 0."""
        parameters = self.param_groups[0]["params"]
        for place, count in enumerate(self._steps.unbind()):
            kept = self.state[parameters[place]]
            count.fill_(kept.get("step", 0.0))
            if place in places and not kept:
                kept |= {name: torch.zeros_like(parameters[place]) for name in ("exp_avg", "exp_avg_sq")}
            if kept:
                kept["step"] = count
        self._places, self._moved = places, [parameters[place] for place in places]
        kept_by = [self.state[parameter] for parameter in self._moved]
        self._means = [[kept[name] for kept in kept_by] for name in ("exp_avg", "exp_avg_sq")]
        self._counts = [kept["step"] for kept in kept_by]
        self._counted = torch.zeros_like(self._steps)
        self._counted[places] = 1.0
