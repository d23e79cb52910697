"""Dropout of several networks at once, each drawing the mask that it would have drawn alone.

Dropout knows global generators only, so a mode stands in for ``torch.nn.functional.dropout``: first it notes which
masks a forward pass asks for, then it hands out masks that were drawn beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

__all__ = ["GivenMasks", "Mask", "NotedMasks", "draw_masks"]


@dataclass(frozen=True, kw_only=True)
class Mask:
    """One call of dropout: the shape for one network, the number format and the probability of zeroing."""

    shape: tuple[int, ...]
    dtype: torch.dtype
    p: float


class NotedMasks(TorchFunctionMode):
    """Notes the calls, in order, and drops nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.noted: list[Mask] = []

    def __torch_function__(
        self, func: Callable[..., Any], types: Iterable[type], args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        """See ``TorchFunctionMode``."""
        found = _dropout(func, args, kwargs or {})
        if found is None:
            return func(*args, **(kwargs or {}))
        x, p = found
        self.noted.append(Mask(shape=tuple(x.shape), dtype=x.dtype, p=p))
        return x


@dataclass
class GivenMasks(TorchFunctionMode):
    """Multiplies by ``masks``, one call after the other."""

    masks: Sequence[Tensor]
    used: int = field(default=0)

    def __post_init__(self) -> None:
        super().__init__()

    def __torch_function__(
        self, func: Callable[..., Any], types: Iterable[type], args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        """See ``TorchFunctionMode``."""
        found = _dropout(func, args, kwargs or {})
        if found is None:
            return args[0] if _only_lays_out(func, kwargs or {}) else func(*args, **(kwargs or {}))
        self.used += 1
        return found[0] * self.masks[self.used - 1]


def draw_masks(wanted: Sequence[Mask], generators: Sequence[torch.Generator]) -> list[Tensor]:
    """(k, *shape) for each wanted mask, member by member from its own generator: 0, or 1 / (1 - p)."""
    masks = [torch.empty(len(generators), *mask.shape, dtype=mask.dtype) for mask in wanted]
    for member, generator in enumerate(generators):
        for mask, drawn in zip(wanted, masks, strict=True):
            drawn[member].bernoulli_(1 - mask.p, generator=generator)
    return [drawn.div_(1 - mask.p) for mask, drawn in zip(wanted, masks, strict=True)]


def _only_lays_out(func: Callable[..., Any], kwargs: Mapping[str, Any]) -> bool:
    """Whether the call asks for nothing but channels_last memory, which a stack of batches cannot have."""
    return func in (Tensor.contiguous, Tensor.to) and set(kwargs) == {"memory_format"}


def _dropout(func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Tensor, float] | None:
    """The input and the probability where ``func`` is a dropout that would draw."""
    if func is not F.dropout:
        return None
    named = {**dict(zip(("input", "p", "training", "inplace"), args)), **kwargs}
    p = float(named.get("p", 0.5))
    return (named["input"], p) if named.get("training", True) and p > 0 else None
