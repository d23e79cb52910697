"""A target that is one of K classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from whet.errors import LabelError, did_you_mean

__all__ = ["ClassTarget"]


@dataclass(frozen=True)
class ClassTarget:
    """K class names; codes follow their order.

    >>> target = ClassTarget.fit(np.array(["b", "a", "b"], dtype=object))
    >>> target.encode(np.array(["a", "b"], dtype=object)).tolist()
    [0, 1]
    """

    labels: tuple[str, ...]
    kind: Literal["classes"] = "classes"

    @classmethod
    def fit(cls, values: np.ndarray) -> Self:
        """The classes that occur, sorted (as numbers where all of them are)."""
        labels = sorted({str(v) for v in values}, key=_as_number_if_all(values))
        return cls(tuple(labels))

    @property
    def num_outputs(self) -> int:
        """K."""
        return len(self.labels)

    def encode(self, values: np.ndarray) -> np.ndarray:
        """(N,) labels -> (N,) int64 codes."""
        codes = {label: code for code, label in enumerate(self.labels)}
        unknown = sorted({str(v) for v in values} - set(codes))
        if unknown:
            raise LabelError(
                f"label {unknown[0]!r} is not among the {len(self.labels)} classes the model knows. "
                f"{did_you_mean(unknown[0], self.labels)}"
            )
        return np.array([codes[str(v)] for v in values], dtype=np.int64)

    def losses(self, outputs: Tensor, targets: Tensor, *, label_smoothing: float = 0.0) -> Tensor:
        """Cross-entropy per example."""
        return F.cross_entropy(outputs, targets, reduction="none", label_smoothing=label_smoothing)

    def soften(self, targets: Tensor) -> Tensor:
        """One-hot (B, K) float32."""
        return F.one_hot(targets, self.num_outputs).float()

    def scores(self, outputs: Tensor) -> Tensor:
        """Softmax in float64."""
        return torch.softmax(outputs.double(), dim=-1)

    def decode(self, scores: np.ndarray) -> np.ndarray:
        """The most probable label of each row."""
        return np.asarray(np.array(self.labels, dtype=object)[scores.argmax(axis=1)])

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"kind": self.kind, "labels": list(self.labels)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what ``to_dict`` wrote."""
        return cls(tuple(data["labels"]))


def _as_number_if_all(values: np.ndarray) -> Any:
    try:
        [float(v) for v in set(values.tolist())]
    except ValueError:
        return str
    return lambda label: (float(label), label)
