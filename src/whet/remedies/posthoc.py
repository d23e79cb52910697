"""The contract of a remedy after training: it changes what is made of the scores, and retrains nothing."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from whet.evaluation.blend import Blend
from whet.evaluation.metric import Metric
from whet.registry import Registry

__all__ = ["PostHoc", "posthoc"]


class PostHoc(Protocol):
    """One file each."""

    @property
    def title(self) -> str:
        """For people: "temperature scaling"."""
        ...

    @property
    def judged_by(self) -> str:
        """Name of the metric that it is meant to improve; "" for the primary metric."""
        ...

    def fit(self, blend: Blend, scores: np.ndarray, truth: np.ndarray, metric: Metric) -> Blend | None:
        """A changed blend, learnt from blended validation scores (N, K); None when it does not apply."""
        ...


posthoc: Registry[PostHoc] = Registry("remedy after training")
