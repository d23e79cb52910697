"""How the members' scores become one: each calibrated, weighted mean, temperature, then decision weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from whet.evaluation.calibration import apply_temperature

__all__ = ["Blend"]


@dataclass(frozen=True, kw_only=True)
class Blend:
    """``weights`` sum to 1. Temperatures of 1 and empty ``decision`` change nothing.

    >>> Blend(weights=(0.5, 0.5)).combine([np.array([[0.25, 0.75]]), np.array([[0.75, 0.25]])]).tolist()
    [[0.5, 0.5]]
    """

    weights: tuple[float, ...]
    member_temperatures: tuple[float, ...] = ()  # per member, before the mean; empty: 1 for all
    temperature: float = 1.0  # of the mean
    decision: tuple[float, ...] = ()  # per class: factors on the probabilities before the largest is chosen

    def combine(self, scores: Sequence[np.ndarray]) -> np.ndarray:
        """Members' (N, K) scores -> (N, K) scores."""
        temperatures = self.member_temperatures or (1.0,) * len(scores)
        calibrated = [_apply(s, t) for s, t in zip(scores, temperatures, strict=True)]
        if len(calibrated) == 1:
            return _apply(calibrated[0], self.temperature)
        mean = np.zeros_like(calibrated[0])
        for weight, member in zip(self.weights, calibrated, strict=True):
            mean += weight * member
        return _apply(mean, self.temperature)

    def decide(self, scores: np.ndarray) -> np.ndarray:
        """(N, K) probabilities with the decision weights applied: only their order within a row has a meaning."""
        return scores * np.array(self.decision) if self.decision else scores

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in self.__dict__.items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what ``to_dict`` wrote."""
        values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else float(v) for name, v in data.items()}
        return cls(**values)


def _apply(scores: np.ndarray, temperature: float) -> np.ndarray:
    return scores if temperature == 1.0 else apply_temperature(scores, temperature)
