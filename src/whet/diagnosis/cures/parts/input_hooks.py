"""Changes what a model is given, whatever its class: a hook before its forward pass. It travels with copies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["DropInputs", "FillBroken", "Standardise", "float_inputs"]

Key = int | str  # position or name of an argument


def float_inputs(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[Key, Tensor]:
    """Arguments of a forward pass that hold real numbers for several examples."""
    given: dict[Key, Any] = dict(enumerate(args))
    given.update(kwargs)
    return {k: v for k, v in given.items() if isinstance(v, Tensor) and v.is_floating_point() and v.ndim >= 1}


@dataclass(frozen=True, kw_only=True)
class Standardise:
    """``(x - mean) / std`` of float inputs. Statistics broadcast against the inputs."""

    mean: Mapping[Key, Tensor]
    std: Mapping[Key, Tensor]
    valid_mean: Mapping[Key, Tensor] | None = None  # in evaluation mode, where those inputs come scaled otherwise
    valid_std: Mapping[Key, Tensor] | None = None

    def __call__(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """As ``register_forward_pre_hook(..., with_kwargs=True)`` calls it."""
        mean, std = self.mean, self.std
        if not module.training and self.valid_mean is not None and self.valid_std is not None:
            mean, std = self.valid_mean, self.valid_std

        def of(key: Key, value: Any) -> Any:
            return value if key not in mean else (value - mean[key].to(value)) / std[key].to(value)

        return tuple(of(i, a) for i, a in enumerate(args)), {k: of(k, v) for k, v in kwargs.items()}


@dataclass(frozen=True, kw_only=True)
class FillBroken:
    """NaN and infinity become ``fill``, the training mean of the feature."""

    fill: Mapping[Key, Tensor]

    def __call__(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """As ``register_forward_pre_hook(..., with_kwargs=True)`` calls it."""
        return tuple(self._of(i, a) for i, a in enumerate(args)), {k: self._of(k, v) for k, v in kwargs.items()}

    def _of(self, key: Key, value: Any) -> Any:
        if key not in self.fill:
            return value
        return torch.where(value.isfinite(), value, self.fill[key].to(value))


@dataclass(frozen=True, kw_only=True)
class DropInputs:
    """Dropout of what a layer is given, in training mode only."""

    rate: float

    def __call__(self, module: nn.Module, args: tuple[Any, ...]) -> Any:
        """As ``register_forward_pre_hook`` calls it."""
        return functional.dropout(args[0], self.rate, module.training), *args[1:]
