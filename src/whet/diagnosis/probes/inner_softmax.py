"""Softmaxes between layers: whose result is what the next linear layer or convolution is given.

All its units share a sum of 1, so each passes on next to nothing and its gradient is as small. Softmaxes over which an
average is taken (attention, gates, mixtures) feed no layer directly and are not meant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from whet.diagnosis.case import Case
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.passes import run_batch
from whet.diagnosis.probes.short_runs import as_reason
from whet.diagnosis.setup import Forward, Setup

__all__ = ["InnerSoftmax", "inner_softmaxes", "with_relu"]

_LAYERS = {"linear", "conv1d", "conv2d", "conv3d"}
TOLERANCE = 1e-3  # of sums that should be 1


@dataclass(frozen=True, kw_only=True)
class InnerSoftmax:
    """One call in the forward pass."""

    number: int  # among the softmaxes of a pass; 0 is the first
    units: int


def inner_softmaxes(case: Case) -> tuple[InnerSoftmax, ...]:
    """In the order of the forward pass, of the first batch in evaluation mode."""
    if case.setup is None:
        return ()
    setup = case.setup.copy()
    setup.model.eval()
    with as_reason("a forward pass"), torch.no_grad(), _Finding() as calls:
        run_batch(setup, case.ask(batches).first[0], seed=case.seed)
    return tuple(calls.found)


def with_relu(found: tuple[InnerSoftmax, ...]) -> Callable[[Setup], Setup]:
    """A change of a setup: these softmaxes are ReLUs."""
    numbers = frozenset(each.number for each in found)
    return lambda setup: replace(setup, forward=_WithRelu(forward=setup.forward, numbers=numbers))


@dataclass(frozen=True, kw_only=True)
class _WithRelu:
    forward: Forward
    numbers: frozenset[int]

    def __call__(self, model: nn.Module, batch: Any) -> tuple[Any, Any]:
        with _Replacing(self.numbers):
            return self.forward(model, batch)


class _Softmaxes(TorchFunctionMode):
    """Counts the softmaxes of one pass; functions and modules end in the same call."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Hand softmaxes to ``softmax`` and what else is called to ``other``."""
        kwargs = dict(kwargs or {})
        if getattr(func, "__name__", "") != "softmax":
            self.other(func, args)
            return func(*args, **kwargs)
        number, self.count = self.count, self.count + 1
        return self.softmax(number, func, args, kwargs)

    def other(self, func: Callable[..., Any], args: tuple[Any, ...]) -> None:
        """Any other function."""

    def softmax(self, number: int, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Make the call."""
        raise NotImplementedError


class _Finding(_Softmaxes):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[InnerSoftmax] = []
        self._last: tuple[int, Tensor] | None = None

    def softmax(self, number: int, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        result = func(*args, **kwargs)
        self._last = (number, result) if isinstance(result, Tensor) else None
        return result

    def other(self, func: Callable[..., Any], args: tuple[Any, ...]) -> None:
        name = getattr(func, "__name__", "")
        if self._last is None or name not in _LAYERS or not args or args[0] is not self._last[1]:
            return
        number, result = self._last
        axis = 1 if name.startswith("conv") else -1
        if result.ndim > 1 and bool(((result.sum(dim=axis) - 1).abs() < TOLERANCE).all()):
            self.found.append(InnerSoftmax(number=number, units=result.shape[axis]))


class _Replacing(_Softmaxes):
    def __init__(self, numbers: frozenset[int]) -> None:
        super().__init__()
        self._numbers = numbers

    def softmax(self, number: int, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        given = args[0] if args else kwargs.get("input")
        if number in self._numbers and isinstance(given, Tensor):
            return nn.functional.relu(given)
        return func(*args, **kwargs)
