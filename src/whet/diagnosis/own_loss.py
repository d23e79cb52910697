"""Models that make their own loss, as those of Hugging Face do: which of PyTorch's losses is it?

``outputs.loss`` alone says nothing of classes and numbers. Where a usual loss of ``outputs.logits`` and the targets
gives the same value, that loss is what rules look at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from whet.diagnosis.forwarding import taken

__all__ = ["OwnLoss", "same_usual_loss"]

TOLERANCE = 1e-3  # relative


class OwnLoss:
    """The loss that the model put into its outputs."""

    def __call__(self, outputs: Any, targets: Any) -> Tensor:
        """The entry ``loss``."""
        loss: Tensor = taken(outputs, "loss")
        return loss


def classes(outputs: Any, targets: Any) -> Tensor:
    """Cross-entropy; the last axis has the classes."""
    return F.cross_entropy(outputs.reshape(-1, outputs.shape[-1]), targets.reshape(-1))


def next_token(outputs: Any, targets: Any) -> Tensor:
    """Cross-entropy of every position's logits and the token after it."""
    return classes(outputs[:, :-1], targets[:, 1:])


def number(outputs: Any, targets: Any) -> Tensor:
    """Mean squared error."""
    return F.mse_loss(outputs.reshape(targets.shape), targets.to(outputs.dtype))


def labels(outputs: Any, targets: Any) -> Tensor:
    """Yes or no for each of several labels."""
    return F.binary_cross_entropy_with_logits(outputs, targets)


def same_usual_loss(outputs: Any, targets: Any) -> Callable[[Any, Any], Tensor] | None:
    """The usual loss that gives ``outputs.loss``; None where none does."""
    logits, loss = taken(outputs, "logits"), taken(outputs, "loss")
    if not isinstance(logits, Tensor) or not isinstance(loss, Tensor) or not isinstance(targets, Tensor):
        return None
    for usual in (classes, next_token, number, labels):
        try:
            with torch.no_grad():
                value = float(usual(logits, targets))
        except (RuntimeError, ValueError, IndexError):
            continue
        if abs(value - float(loss)) <= TOLERANCE * max(1e-6, abs(float(loss))):
            return usual
    return None
