"""What an interval of the tested model says about the delivered one, which was trained on more examples.

With more examples a model is hardly worse and may be better. Error falls at most about as the square root of the number
of examples (the steep end of the learning curves that Hestness et al., 2017, report), so the good end of the interval
is moved by that much; the bad end stays.
"""

from __future__ import annotations

from whet.evaluation.metric import Metric

__all__ = ["allowing_for_more_examples"]

EXPONENT = 0.5


def allowing_for_more_examples(
    metric: Metric, low: float, high: float, *, tested_on: int, delivered_on: int
) -> tuple[float, float]:
    """(low, high) for the delivered model; equal counts change nothing.

    >>> import whet.evaluation.metrics
    >>> from whet.evaluation.metric import metrics
    >>> low, high = allowing_for_more_examples(metrics["accuracy"], 0.8, 0.9, tested_on=256, delivered_on=400)
    >>> round(low, 3), round(high, 3)
    (0.8, 0.92)
    >>> allowing_for_more_examples(metrics["rmse"], 4.0, 5.0, tested_on=100, delivered_on=100)
    (4.0, 5.0)
    """
    ratio = min(1.0, tested_on / max(1, delivered_on)) ** EXPONENT
    if metric.higher_is_better:
        return low, 1.0 - (1.0 - high) * ratio
    return low * ratio, high
