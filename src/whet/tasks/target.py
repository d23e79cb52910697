"""What is predicted: how it is encoded for training, its loss, and how outputs become what a person reads.

``scores`` is the one form in which predictions travel: (N, K) probabilities for K classes, or (N, 1) values in the
target's own units. Nothing outside this room asks which of the two it holds, except to choose what to draw.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol

import numpy as np
from torch import Tensor

__all__ = ["Target"]


class Target(Protocol):
    """A fitted target encoding."""

    @property
    def kind(self) -> Literal["classes", "number"]:
        """Which of the two forms it has."""
        ...

    @property
    def num_outputs(self) -> int:
        """K: classes, or 1."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names in code order; empty for a number."""
        ...

    def encode(self, values: np.ndarray) -> np.ndarray:
        """(N,) labels -> int64 codes, or (N,) numbers -> float32 standardised. Unknown labels are a LabelError."""
        ...

    def losses(self, outputs: Tensor, targets: Tensor, *, label_smoothing: float = 0.0) -> Tensor:
        """(B, K) outputs and (B,) encoded targets, or (B, K) soft targets, -> (B,) losses."""
        ...

    def soften(self, targets: Tensor) -> Tensor:
        """(B,) encoded targets -> (B, K) float targets that can be mixed: one-hot, or the value itself (B, 1)."""
        ...

    def scores(self, outputs: Tensor) -> Tensor:
        """(B, K) outputs -> (B, K) probabilities, or (B, 1) values in the target's units, float64."""
        ...

    def decode(self, scores: np.ndarray) -> np.ndarray:
        """(N, K) scores -> (N,) labels (object) or numbers (float64)."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        ...


def target_from_dict(data: Mapping[str, Any]) -> Target:
    """Read what ``to_dict`` wrote."""
    from whet.tasks.classes import ClassTarget
    from whet.tasks.number import NumberTarget

    kinds: dict[str, Any] = {"classes": ClassTarget, "number": NumberTarget}
    target: Target = kinds[data["kind"]].from_dict(data)
    return target
