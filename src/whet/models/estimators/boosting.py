"""One LightGBM model: trees are added until validation loss stops falling or the time is over.

The model is kept as LightGBM's own text, and always predicts from that text, so that a saved model and a fresh one
cannot differ.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import lightgbm as lgb
import numpy as np

__all__ = ["Boosted", "Rows", "boost"]

_BLOCK = 65_536  # rows predicted at a time


@dataclass(frozen=True)
class Rows:
    """``features``: (N, F + G) float64, the last G are category ids; ``target``: (N,) codes or standardised numbers."""

    features: np.ndarray
    target: np.ndarray
    num_categories: int
    weights: np.ndarray | None = None  # (N,) how much a row counts

    def take(self, index: np.ndarray) -> Rows:
        """These rows."""
        weights = None if self.weights is None else self.weights[index]
        return Rows(self.features[index], self.target[index], self.num_categories, weights)

    def for_lightgbm(self, reference: lgb.Dataset | None = None) -> lgb.Dataset:
        """Binned like ``reference``, where given."""
        width = self.features.shape[1]
        ids = list(range(width - self.num_categories, width))
        return lgb.Dataset(
            self.features, self.target, weight=self.weights, categorical_feature=ids, reference=reference
        )


class Boosted:
    """A finished model."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._booster = lgb.Booster(model_str=text)

    def predict(self, features: np.ndarray) -> np.ndarray:
        """(N, F + G) -> (N, K) probabilities, (N, 2) for two classes, (N, 1) for a number; float64."""
        blocks = [features[s : s + _BLOCK] for s in range(0, len(features), _BLOCK)] or [features]
        raw = [np.asarray(self._booster.predict(block, num_threads=1)) for block in blocks if len(block)]
        values = np.concatenate(raw) if raw else np.zeros((0, max(1, self._booster.num_model_per_iteration())))
        if values.ndim == 2:
            return values
        binary = self._booster.dump_model(num_iteration=1)["objective"].startswith("binary")
        return np.stack([1.0 - values, values], axis=1) if binary else values[:, None]

    def to_bytes(self) -> np.ndarray:
        """The text as (bytes,) uint8."""
        return np.frombuffer(self.text.encode(), np.uint8)

    @classmethod
    def from_bytes(cls, content: np.ndarray) -> Self:
        """Read what ``to_bytes`` gave."""
        return cls(content.tobytes().decode())


def boost(
    parameters: Mapping[str, Any],
    train: Rows,
    watched: Rows | None,
    *,
    rounds: int,
    patience: int,
    until: float | None,
) -> tuple[Boosted, int]:
    """The model and how many rounds it has; ``until`` is a moment of ``time.monotonic``. One round is always made."""
    data = train.for_lightgbm()
    booster = lgb.Booster(dict(parameters), data)
    if watched is not None:
        booster.add_valid(watched.for_lightgbm(data), "valid")
    best, best_loss = 0, float("inf")
    for number in range(1, rounds + 1):
        is_over = booster.update()  # True: no leaf is worth splitting any more
        loss = booster.eval_valid()[0][2] if watched is not None else float(-number)
        if loss < best_loss:
            best, best_loss = number, loss
        late = until is not None and time.monotonic() > until
        if is_over or late or number - best >= patience:
            break
    best = max(1, best)
    return Boosted(booster.model_to_string(num_iteration=best)), best
