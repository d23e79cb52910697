"""A target that is a number: standardised for training, predicted in its own units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from torch import Tensor

__all__ = ["NumberTarget"]


@dataclass(frozen=True)
class NumberTarget:
    """Mean and standard deviation of the training targets, and their range.

    >>> target = NumberTarget.fit(np.array([1.0, 3.0]))
    >>> target.encode(np.array([1.0, 3.0])).tolist()
    [-1.0, 1.0]
    """

    mean: float
    std: float
    low: float
    high: float
    kind: Literal["number"] = "number"

    @classmethod
    def fit(cls, values: np.ndarray) -> Self:
        """Learn from the training targets."""
        v = values.astype(np.float64)
        return cls(float(v.mean()), float(v.std()) or 1.0, float(v.min()), float(v.max()))

    @property
    def num_outputs(self) -> int:
        """One."""
        return 1

    @property
    def labels(self) -> tuple[str, ...]:
        """None: a number has no classes."""
        return ()

    def encode(self, values: np.ndarray) -> np.ndarray:
        """(N,) numbers -> (N,) float32, standardised."""
        return ((values.astype(np.float64) - self.mean) / self.std).astype(np.float32)

    def losses(self, outputs: Tensor, targets: Tensor, *, label_smoothing: float = 0.0) -> Tensor:
        """Squared error per example, in standardised units; smoothing has no meaning here and is not applied."""
        return (outputs.squeeze(-1) - targets.reshape(len(targets))).square()

    def soften(self, targets: Tensor) -> Tensor:
        """(B, 1): a number can be mixed as it is."""
        return targets.reshape(-1, 1).float()

    def scores(self, outputs: Tensor) -> Tensor:
        """(B, 1) float64 in the target's units."""
        return outputs.double() * self.std + self.mean

    def decode(self, scores: np.ndarray) -> np.ndarray:
        """(N,) float64."""
        return np.asarray(scores[:, 0], dtype=np.float64)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"kind": self.kind, "mean": self.mean, "std": self.std, "low": self.low, "high": self.high}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what ``to_dict`` wrote."""
        return cls(float(data["mean"]), float(data["std"]), float(data["low"]), float(data["high"]))
