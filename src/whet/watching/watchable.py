"""What a recorder takes: a model that may be compiled, one optimiser or several, a loader that may know its length."""

from __future__ import annotations

from typing import Any

from torch import nn
from torch.optim import Optimizer

from whet.errors import CannotJudgeError

__all__ = ["checked_model", "length_of", "optimizers_in", "unwrapped"]


def checked_model(model: Any) -> nn.Module:
    """Raises ``CannotJudgeError`` where it is no module."""
    if isinstance(model, nn.Module):
        return model
    raise CannotJudgeError(f"cannot watch a model of type {type(model).__name__}: give a torch.nn.Module")


def optimizers_in(given: Any) -> list[Optimizer]:
    """One, or those of a list. Raises ``CannotJudgeError`` for anything else."""
    found = list(given) if isinstance(given, list | tuple) else [given]
    for optimizer in found:
        if not isinstance(optimizer, Optimizer):
            kind = type(optimizer).__name__
            raise CannotJudgeError(
                f"cannot watch an optimizer of type {kind}: give a torch.optim.Optimizer, or a list of them"
            )
    return found


def unwrapped(model: nn.Module) -> nn.Module:
    """The module inside of what ``torch.compile`` returns."""
    inner = getattr(model, "_orig_mod", model)
    return inner if isinstance(inner, nn.Module) else model


def length_of(loader: Any) -> int | None:
    """Batches; None where there is no loader, or an iterable without a length."""
    try:
        return len(loader) or None
    except TypeError:
        return None
