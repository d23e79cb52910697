"""What an interval of the tested model says about the delivered one, which was trained again on more examples.

Two things differ. A second training lands elsewhere: ``retraining_noise`` says how far, and both ends allow for
two independent trainings (a normal interval; its square adds to that of the examples). And with more examples a model
is hardly worse and may be better: error falls at most about as the square root of the number of examples (the steep
end of the learning curves that Hestness et al., 2017, report), so the good end moves by that much besides.
"""

from __future__ import annotations

import math

from whet.evaluation.metric import Metric

__all__ = ["allowing_for_retraining"]

EXPONENT = 0.5
TWO_TRAININGS = 1.96 * math.sqrt(2)


def allowing_for_retraining(
    metric: Metric,
    score: float,
    low: float,
    high: float,
    *,
    tested_on: int,
    delivered_on: int,
    seed_std: float,
) -> tuple[float, float]:
    """(low, high) for the delivered model; equal counts and no noise change nothing.

    >>> import whet.evaluation.metrics
    >>> from whet.evaluation.metric import metrics
    >>> def allowed(before, after, std, metric=metrics["accuracy"]):
    ...     ends = allowing_for_retraining(
    ...         metric, 0.86, 0.8, 0.9, tested_on=before, delivered_on=after, seed_std=std
    ...     )
    ...     return [round(end, 3) for end in ends]
    >>> allowed(256, 400, 0), allowed(9, 9, 0.01), allowed(9, 9, 0, metrics["rmse"])
    ([0.8, 0.92], [0.794, 0.909], [0.8, 0.9])
    """
    noise = TWO_TRAININGS * seed_std
    low, high = score - math.hypot(score - low, noise), score + math.hypot(high - score, noise)
    ratio = min(1.0, tested_on / max(1, delivered_on)) ** EXPONENT
    if not metric.higher_is_better:
        return max(0.0, low) * ratio, high
    if metric.unit == "fraction":
        low, high = max(0.0, low), min(1.0, high)
    return low, 1.0 - (1.0 - high) * ratio
