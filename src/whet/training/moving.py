"""Everything that a step changes, as one set of named tensors: what snapshots and checkpoints hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from whet.models.architecture import Architecture
from whet.training.ema import Average
from whet.training.optimisers import Optimisers
from whet.training.swa import EqualAverage

__all__ = ["Moving", "under"]


@dataclass(frozen=True, kw_only=True)
class Moving:
    """The network, its optimisers and, where the recipe asks for it, its averaged twin."""

    model: Architecture
    optimisers: Optimisers
    average: Average | None = None
    tail: EqualAverage | None = None  # over the last part of the training

    @property
    def evaluated(self) -> Architecture:
        """The network whose predictions count: the averaged one where there is one."""
        if self.tail is not None and self.tail.count:
            return self.tail.model
        return self.model if self.average is None else self.average.model

    def copies(self) -> dict[str, Tensor]:
        """Independent copies of all tensors by name."""
        named = {f"model.{n}": t for n, t in self.model.state_dict().items()}
        named |= {f"optimiser.{n}": t for n, t in self.optimisers.tensors().items()}
        if self.average is not None:
            named |= {f"average.{n}": t for n, t in self.average.model.state_dict().items()}
        if self.tail is not None:
            named |= {f"tail.{n}": t for n, t in self.tail.tensors().items()}
        return {name: tensor.detach().clone() for name, tensor in named.items()}

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Go back to what ``copies`` gave."""
        self.model.load_state_dict(under("model.", tensors))
        self.optimisers.load(under("optimiser.", tensors))
        if self.average is not None:
            self.average.model.load_state_dict(under("average.", tensors))
        if self.tail is not None:
            self.tail.load(under("tail.", tensors))

    def is_finite(self) -> bool:
        """No weight is NaN or infinite."""
        norms = torch._foreach_norm([p.detach() for p in self.model.parameters()])
        return bool(torch.stack([n.float() for n in norms]).isfinite().all())


def under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose name starts with ``prefix``, without it."""
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
