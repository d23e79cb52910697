"""Watch and replace what a network's embedding tables give, without touching the network.

A function mode of PyTorch sees every lookup of the thread it is active in, whichever module makes it, so that the same
lines serve any network, and a model that other threads use at the same time is not disturbed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

__all__ = ["RecordingLookups", "ReplacingLookups"]


class RecordingLookups(TorchFunctionMode):
    """Keeps the result of each lookup in ``found``, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Tensor] = []

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if func is F.embedding:
            self.found.append(result.detach())
        return result


class ReplacingLookups(TorchFunctionMode):
    """The i-th lookup gives ``given[i]`` where that is a tensor, and what it would have given where it is None."""

    def __init__(self, given: Sequence[Tensor | None]) -> None:
        super().__init__()
        self._given = list(given)
        self._next = 0

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func is F.embedding:
            self._next += 1
            replacement = self._given[self._next - 1]
            if replacement is not None:
                return replacement
        return func(*args, **(kwargs or {}))
