"""Scores and gains as a person reads them, by the unit of the metric."""

from __future__ import annotations

from whet.evaluation.metric import Metric

__all__ = ["say_amount", "say_gain"]


def say_amount(metric: Metric, amount: float) -> str:
    """A difference with its unit: points of a hundred for fractions, else four digits.

    >>> from whet.evaluation.metric import metrics
    >>> say_amount(metrics["accuracy"], 0.0123), say_amount(metrics["rmse"], -3.14159)
    ('1.23 points', '-3.142')
    """
    if metric.unit == "fraction":
        return f"{100 * amount:.2f} points"
    return f"{amount:.4g} nats" if metric.unit == "nats" else f"{amount:.4g}"


def say_gain(metric: Metric, gain: float, low: float, high: float) -> str:
    """A gain with its interval."""
    return f"{say_amount(metric, gain)} (95 % interval {say_amount(metric, low)} to {say_amount(metric, high)})"
