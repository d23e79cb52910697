"""Temperature scaling: one number that makes probabilities mean what they say.

Helps: over- or under-confident classifiers; the order of the classes never changes. Hurts: nothing to speak of.
Source: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from whet.evaluation.blend import Blend
from whet.evaluation.calibration import fit_temperature
from whet.evaluation.metric import Metric
from whet.remedies.posthoc import posthoc

__all__ = ["TemperatureScaling"]


@dataclass(frozen=True, kw_only=True)
class TemperatureScaling:
    """Divide the log-probabilities by the temperature that fits the validation labels best."""

    least_examples: int = 50  # fewer say too little about a temperature
    title: str = "temperature scaling"
    judged_by: str = "log_loss"

    def fit(self, blend: Blend, scores: np.ndarray, truth: np.ndarray, metric: Metric) -> Blend | None:
        """See ``PostHoc.fit``."""
        if scores.shape[1] < 2 or len(truth) < self.least_examples:
            return None
        return replace(blend, temperature=fit_temperature(scores, truth))


posthoc.register("temperature_scaling")(TemperatureScaling())
