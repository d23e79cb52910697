"""Mixup: convex combinations of pairs of examples.

Source: Zhang et al., "mixup: Beyond Empirical Risk Minimization", ICLR 2018. One weight per batch, as in the authors'
code.
"""

from __future__ import annotations

import torch
from scipy.special import betaincinv
from torch import Tensor

from whet.data.inputs import Batch
from whet.errors import ConfigError

__all__ = ["mixup"]


def mixup(batch: Batch, alpha: float, *, generator: torch.Generator) -> tuple[Batch, Tensor, float]:
    """Mix every example with a partner from the same batch.

    Returns the mixed batch, the partners' positions (B,) and the weight of the example itself, Beta(alpha, alpha).

    >>> mixed, partner, weight = mixup({"x": torch.eye(4)}, 0.4, generator=torch.Generator().manual_seed(0))
    >>> sorted(partner.tolist()), 0.0 <= weight <= 1.0
    ([0, 1, 2, 3], True)
    """
    ids = [name for name, part in batch.items() if not part.is_floating_point()]
    if ids:
        raise ConfigError(
            f"Regularisation.mixup averages inputs, but {ids[0]!r} holds ids, which have no average. "
            "Set mixup to 0 for this model."
        )
    uniform = float(torch.rand((), generator=generator, dtype=torch.float64))
    weight = float(betaincinv(alpha, alpha, uniform))  # the quantile function, so that one draw is enough
    first = next(iter(batch.values()))
    partner = torch.randperm(len(first), generator=generator).to(first.device)
    return {name: part.lerp(part[partner], 1 - weight) for name, part in batch.items()}, partner, weight
