"""Undoes the factor that a gradient scaler puts on losses and gradients in mixed precision."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from whet.watching.taps import Taps
from whet.watching.window import value_of

__all__ = ["Scaling"]


class Scaling:
    """Remembers what each scaled loss was before."""

    def __init__(self) -> None:
        self._scaled: Callable[[], Tensor | None] = lambda: None
        self._value: float | Tensor | None = None

    def watch(self, taps: Taps) -> None:
        """Begin."""
        taps.place(torch.amp.GradScaler, "scale", self._around)

    def _around(self, proceed: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        result = proceed(*args, **kwargs)
        given = args[1] if len(args) > 1 else kwargs.get("outputs")
        if isinstance(result, Tensor) and isinstance(given, Tensor):
            self._scaled, self._value = weakref.ref(result), value_of(given)
        return result

    def value_of(self, loss: Any) -> float | Tensor | None:
        """The value without the factor."""
        return self._value if self._scaled() is loss and loss is not None else value_of(loss)

    @staticmethod
    def skips(optimizer: Optimizer) -> bool:
        """Whether a fused optimiser is about to leave a step out: its gradients overflowed, which scalers expect."""
        found = getattr(optimizer, "found_inf", None)
        return isinstance(found, Tensor) and bool(found)

    @staticmethod
    def of_gradients(optimizer: Optimizer) -> float:
        """The factor still on the gradients in a step: fused optimisers take it off themselves; elsewhere it is off."""
        scale = getattr(optimizer, "grad_scale", None)
        return float(scale) if isinstance(scale, Tensor) else 1.0
