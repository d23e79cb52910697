"""The plain mean of the good members.

Helps: with few examples, where choosing weights chooses noise. Hurts: pools of unequal members that still cannot be
told apart.
Source: the simple average that combinations of forecasts are held against, Clemen, "Combining forecasts", 1989.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from whet.ensembling.losses import losses_of
from whet.ensembling.way import ways
from whet.evaluation.blend import Blend

__all__ = ["MeanOfGood", "mean_weights"]


@dataclass(frozen=True, kw_only=True)
class MeanOfGood:
    """Equal weights on the members that cannot be told apart from the best."""

    title: str = "plain mean of the good"

    def fit(self, scores: Sequence[np.ndarray], truth: np.ndarray) -> Blend:
        """See ``Way.fit``."""
        return Blend(weights=tuple(mean_weights(scores, truth).tolist()))


def mean_weights(scores: Sequence[np.ndarray], truth: np.ndarray) -> np.ndarray:
    """(M,) equal weights on the members that cannot be told apart from the best, in their loss or in their answers."""
    alike = _alike(np.stack([losses_of(s, truth) for s in scores]))
    if scores[0].shape[1] > 1:
        alike |= _alike(np.stack([(s.argmax(axis=1) != truth).astype(float) for s in scores]))
    return np.asarray(alike / alike.sum())


def _alike(costs: np.ndarray) -> np.ndarray:
    """(M,) bool from (M, N) costs: within two standard errors of the paired difference to the best member."""
    excess = costs - costs[costs.mean(axis=1).argmin()]
    error = excess.std(axis=1) / np.sqrt(max(1, costs.shape[1] - 1))
    return np.asarray(excess.mean(axis=1) <= 2 * error)


ways.register("mean")(MeanOfGood())
