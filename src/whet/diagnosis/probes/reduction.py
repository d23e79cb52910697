"""Does the loss grow with the number of examples? The same outputs and targets twice over tell it exactly."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from whet.diagnosis.case import Case
from whet.diagnosis.probes.passes import first_pass
from whet.errors import CannotJudgeError

__all__ = ["batch_size_of", "growth"]


def growth(case: Case) -> float:
    """Loss of a batch handed over twice, over its loss once: 1 for a mean, 2 for a sum."""
    if case.setup is None:
        raise CannotJudgeError("needs the model and its data")
    seen, loss = case.ask(first_pass), case.setup.copy().loss
    size = batch_size_of(seen.targets)
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            once = float(loss(seen.outputs, seen.targets))
            twice = float(loss(_doubled(seen.outputs, size), _doubled(seen.targets, size)))
    except Exception as error:  # a loss of the user's own may be made for one batch size
        raise CannotJudgeError(f"the loss does not take a batch of twice the size: {error}") from error
    if not abs(once) > 1e-12 or not abs(once) < float("inf"):
        raise CannotJudgeError("the loss of the first batch is 0 or not a number")
    return twice / once


def batch_size_of(targets: Any) -> int:
    """Examples in a batch, by the first axis of the targets."""
    if not isinstance(targets, Tensor) or targets.ndim == 0:
        raise CannotJudgeError("the targets are not one tensor with an axis of examples")
    return len(targets)


def _doubled(value: Any, size: int) -> Any:
    if isinstance(value, Tensor):
        return torch.cat([value, value]) if value.ndim and len(value) == size else value
    if isinstance(value, Mapping):
        return {k: _doubled(v, size) for k, v in value.items()}
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        return type(value)([_doubled(v, size) for v in value])
    raise CannotJudgeError(f"outputs of type {type(value).__name__} cannot be handed over twice")
