"""Euclidean norms of many tensors at once, and whether they are finite."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["is_finite", "norms", "total"]


def norms(tensors: Sequence[Tensor]) -> list[float]:
    """One per tensor, also sparse, complex and half-precision ones, which are summed in 32 bits.

    >>> norms([torch.tensor([3.0, 4.0]), torch.ones(4)])
    [5.0, 2.0]
    """
    with torch.no_grad():
        values = [_values(t) for t in tensors]
        found: list[float] = [0.0] * len(values)
        groups: dict[tuple[torch.device, torch.dtype], list[int]] = {}
        for i, value in enumerate(values):
            if value.numel():
                groups.setdefault((value.device, value.dtype), []).append(i)
        for (_, dtype), members in groups.items():
            wide = torch.float64 if dtype == torch.float64 else torch.float32
            several = torch._foreach_norm([values[i] for i in members], 2, dtype=wide)
            for i, norm in zip(members, torch.stack(list(several)).tolist()):
                found[i] = norm
        return found


def total(parts: Sequence[float]) -> float:
    """The norm of all of them together.

    >>> total([3.0, 4.0])
    5.0
    """
    return float(sum(part * part for part in parts) ** 0.5)


def is_finite(tensor: Tensor, norm: float) -> bool:
    """Whether no value is NaN or infinite; a finite norm answers at once, an infinite one may be an overflow."""
    return abs(norm) < float("inf") or bool(_values(tensor.detach()).isfinite().all())


def _values(tensor: Tensor) -> Tensor:
    if tensor.layout is torch.strided and tensor.is_floating_point():
        return tensor
    tensor = tensor.detach()
    if tensor.layout != torch.strided:
        tensor = tensor.coalesce().values() if tensor.layout == torch.sparse_coo else tensor.values()
    if tensor.is_complex():
        tensor = torch.view_as_real(tensor)
    return tensor if tensor.is_floating_point() else tensor.float()
