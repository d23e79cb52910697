"""Changes single calls of PyTorch's functions inside a forward pass or a loss, however the code is written.

An activation may be a module, ``torch.relu`` or ``x.sigmoid()``; a loss may be a module or a function inside the user's
own function. All of them end in a function that asks the active mode first, so a cure need not edit anyone's code.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode

__all__ = ["Call", "Intercepting"]


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of a named function."""

    index: int  # 0 is the first call of a function that is looked for
    name: str
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any] = field(default_factory=dict)

    def make(self) -> Any:
        """Call it."""
        return self.function(*self.args, **self.kwargs)

    def argument(self, position: int, name: str) -> Any:
        """An argument, given by position or by name; None where it was not given."""
        return self.args[position] if len(self.args) > position else self.kwargs.get(name)

    def with_argument(self, position: int, name: str, value: Any) -> Call:
        """The same call with one argument changed."""
        if len(self.args) > position:
            return replace(self, args=(*self.args[:position], value, *self.args[position + 1 :]))
        return replace(self, kwargs={**self.kwargs, name: value})

    @property
    def outputs(self) -> Tensor:
        """Of a loss: the model's outputs. Of an activation: what it is given."""
        value: Tensor = self.argument(0, "input")
        return value

    @property
    def targets(self) -> Tensor:
        """Of a loss."""
        value: Tensor = self.argument(1, "target")
        return value


class Intercepting(TorchFunctionMode):
    """Inside the block ``handle`` answers every call of a function whose name is among ``names``.

    >>> import torch
    >>> with Intercepting({"relu"}, lambda call: call.outputs):
    ...     torch.relu(torch.tensor([-1.0])).item()
    -1.0
    """

    def __init__(self, names: Collection[str], handle: Callable[[Call], Any]) -> None:
        super().__init__()
        self._names, self._handle, self._count = names, handle, 0

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Hand the call over, or pass it on."""
        name = getattr(func, "__name__", "").rstrip("_")  # relu_ works in place and is a relu all the same
        if name not in self._names:
            return func(*args, **(kwargs or {}))
        call = Call(index=self._count, name=name, function=func, args=args, kwargs=dict(kwargs or {}))
        self._count += 1
        return self._handle(call)
