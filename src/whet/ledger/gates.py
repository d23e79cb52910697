"""The gates that stand between a measured gain and the word "adopted"."""

from __future__ import annotations

from collections.abc import Sequence

from whet.evaluation.metric import Metric
from whet.ledger.slice_gate import SliceChange
from whet.ledger.statistic import Evidence
from whet.ledger.words import say_amount

__all__ = ["broken_gates", "default_margin"]

P_BETTER = 0.75  # Bouthillier et al., "Accounting for Variance in Machine Learning Benchmarks", MLSys 2021


def default_margin(metric: Metric, before: float) -> float:
    """The smallest gain worth adopting: 0.1 point of a fraction, 0.1 % of the incumbent's score in other units.

    >>> from whet.evaluation.metric import metrics
    >>> default_margin(metrics["accuracy"], 0.9), default_margin(metrics["rmse"], 50.0)
    (0.001, 0.05)
    """
    return 0.001 if metric.unit == "fraction" else 0.001 * abs(before)


def broken_gates(
    metric: Metric, evidence: Evidence, *, alpha: float, margin: float, worse: Sequence[SliceChange] = ()
) -> list[str]:
    """One plain sentence part per gate that did not hold; empty: adopt."""
    faults = []
    if not evidence.p <= alpha:
        faults.append(f"p = {evidence.p:.2g} is above the {alpha:.2g} that this row may spend")
    if not evidence.gain >= margin:
        faults.append(f"the gain is below the {say_amount(metric, margin)} worth adopting")
    if not evidence.p_better >= P_BETTER:
        faults.append(f"one training of it beats the incumbent with a chance of {evidence.p_better:.2f} only, not 0.75")
    for row in worse:
        unit = "points" if "classes" in metric.kinds else "% of its error"
        faults.append(f"slice {row.name} ({row.num_examples} examples) got worse by {-100 * row.gain:.1f} {unit}")
    return faults
