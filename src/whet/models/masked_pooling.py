"""Summaries of a padded sequence that no padding can change."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["mean_and_max"]


def mean_and_max(h: Tensor, real: Tensor) -> Tensor:
    """(B, L, D) and (B, L) bool -> (B, 2 D): mean and maximum over real positions; zeros where there are none.

    >>> mean_and_max(torch.tensor([[[1.0], [3.0], [99.0]]]), torch.tensor([[True, True, False]]))
    tensor([[2., 3.]])
    """
    mask = real.unsqueeze(-1)  # (B, L, 1)
    mean = (h * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)
    top = h.masked_fill(~mask, float("-inf")).amax(dim=1)
    return torch.cat([mean, top.masked_fill(~real.any(dim=1, keepdim=True), 0.0)], dim=-1)
