"""How the members' scores become one: weighted mean, then temperature, then decision weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

__all__ = ["Blend"]


@dataclass(frozen=True, kw_only=True)
class Blend:
    """``weights`` sum to 1. ``temperature`` 1 and ``decision`` () change nothing.

    >>> Blend(weights=(0.5, 0.5)).combine([np.array([[0.2, 0.8]]), np.array([[0.6, 0.4]])]).tolist()
    [[0.4, 0.6000000000000001]]
    """

    weights: tuple[float, ...]
    temperature: float = 1.0  # probabilities are taken to the power 1 / temperature and made to sum to 1
    decision: tuple[float, ...] = ()  # per class: factors on the probabilities before the largest is chosen

    def combine(self, scores: Sequence[np.ndarray]) -> np.ndarray:
        """Members' (N, K) scores -> (N, K) scores."""
        if len(scores) == 1 and self.temperature == 1.0:
            return scores[0]
        mean = np.zeros_like(scores[0])
        for weight, member in zip(self.weights, scores, strict=True):
            mean += weight * member
        if self.temperature == 1.0:
            return mean
        return sharpen(mean, self.temperature)

    def decide(self, scores: np.ndarray) -> np.ndarray:
        """(N, K) probabilities with the decision weights applied: only their order within a row has a meaning."""
        return scores * np.array(self.decision) if self.decision else scores

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"weights": list(self.weights), "temperature": self.temperature, "decision": list(self.decision)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what ``to_dict`` wrote."""
        return cls(
            weights=tuple(data["weights"]), temperature=float(data["temperature"]), decision=tuple(data["decision"])
        )


def sharpen(scores: np.ndarray, temperature: float) -> np.ndarray:
    """Temperature scaling of (N, K) probabilities (Guo et al., ICML 2017), on log-probabilities."""
    logs = np.log(np.clip(scores, 1e-12, None)) / temperature
    logs -= logs.max(axis=1, keepdims=True)
    powers = np.exp(logs)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
