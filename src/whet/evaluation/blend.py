"""How the members' scores become one: each calibrated, pooled, temperature, then decision weights.

Probabilities are pooled as a weighted mean, or as a weighted mean of their logarithms ("logs"), which a linear model
learns: softmax(sum of w_m log p_m + bias). Values are pooled as a weighted sum plus ``bias``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from scipy.special import softmax

from whet.evaluation.calibration import apply_temperature

__all__ = ["LEAST", "Blend"]

LEAST = 1e-9  # probability that a logarithm is taken of, at least


@dataclass(frozen=True, kw_only=True)
class Blend:
    """``weights`` sum to 1, but for values with a ``bias``. Temperatures of 1, no bias and no ``decision`` are neutral.

    >>> Blend(weights=(0.5, 0.5)).combine([np.array([[0.25, 0.75]]), np.array([[0.75, 0.25]])]).tolist()
    [[0.5, 0.5]]
    """

    weights: tuple[float, ...]
    member_temperatures: tuple[float, ...] = ()  # per member, before the mean; empty: 1 for all
    temperature: float = 1.0  # of the mean
    decision: tuple[float, ...] = ()  # per class: factors on the probabilities before the largest is chosen
    pool: Literal["mean", "logs"] = "mean"  # of what the weighted mean is taken
    bias: tuple[float, ...] = ()  # per class, added to the pooled logarithms; or one number, added to the values

    def combine(self, scores: Sequence[np.ndarray]) -> np.ndarray:
        """Members' (N, K) scores -> (N, K) scores."""
        temperatures = self.member_temperatures or (1.0,) * len(scores)
        if self.pool == "logs":
            return _apply(self._of_logs(scores, temperatures), self.temperature)
        calibrated = [_apply(s, t) for s, t in zip(scores, temperatures, strict=True)]
        if len(calibrated) == 1 and not self.bias:
            return _apply(calibrated[0], self.temperature)
        mean = np.zeros_like(calibrated[0])
        for weight, member in zip(self.weights, calibrated, strict=True):
            mean += weight * member
        if self.bias:
            mean += np.array(self.bias)
        return _apply(mean, self.temperature)

    def _of_logs(self, scores: Sequence[np.ndarray], temperatures: Sequence[float]) -> np.ndarray:
        """What makes a calibrated member sum to 1 is the same for all classes, and the softmax takes it away."""
        total = np.zeros_like(scores[0])
        for weight, temperature, member in zip(self.weights, temperatures, scores, strict=True):
            total += weight / temperature * np.log(np.clip(member, LEAST, None))
        return np.asarray(softmax(total + np.array(self.bias) if self.bias else total, axis=1))

    @property
    def is_linear(self) -> bool:
        """Is it more than a weighted mean of the scores."""
        return self.pool != "mean" or bool(self.bias)

    def decide(self, scores: np.ndarray) -> np.ndarray:
        """(N, K) probabilities with the decision weights applied: only their order within a row has a meaning."""
        return scores * np.array(self.decision) if self.decision else scores

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; what a linear model alone needs is left out elsewhere, as older readers do not know it."""
        kept = {n: v for n, v in self.__dict__.items() if self.is_linear or n not in ("pool", "bias")}
        return {name: list(v) if isinstance(v, tuple) else v for name, v in kept.items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what ``to_dict`` wrote."""
        values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in data.items()}
        return cls(**values)


def _apply(scores: np.ndarray, temperature: float) -> np.ndarray:
    return scores if temperature == 1.0 else apply_temperature(scores, temperature)
