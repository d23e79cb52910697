"""Decision thresholds: factors on the probabilities before the most probable class is chosen.

Helps: macro scores on imbalanced classes. Hurts: plain accuracy of a calibrated classifier, for which it is not tried.
Source: Lipton et al., "Thresholding Classifiers to Maximize F1 Score", 2014.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from whet.evaluation.blend import Blend
from whet.evaluation.metric import Metric
from whet.evaluation.thresholds import fit_class_weights_for_decision
from whet.remedies.posthoc import posthoc

__all__ = ["DecisionThresholds"]

DECIDED = ("macro_f1", "macro_precision", "macro_recall", "balanced_accuracy")  # metrics of decisions, not of ranks


@dataclass(frozen=True, kw_only=True)
class DecisionThresholds:
    """Choose one factor per class on validation examples."""

    least_examples: int = 200
    title: str = "decision thresholds"
    judged_by: str = ""

    def fit(self, blend: Blend, scores: np.ndarray, truth: np.ndarray, metric: Metric) -> Blend | None:
        """See ``PostHoc.fit``."""
        if metric.name not in DECIDED or len(truth) < self.least_examples:
            return None
        weights = fit_class_weights_for_decision(scores, truth, metric)
        return replace(blend, decision=tuple(float(w) for w in weights))


posthoc.register("decision_thresholds")(DecisionThresholds())
