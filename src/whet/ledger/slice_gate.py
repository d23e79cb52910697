"""The slice gate: a gain on average must not be paid for by one group of examples.

A slice of at least 100 examples stops an adoption when it got worse by over 2 points (classes: accuracy, whatever the
primary metric; numbers: 2 % of the slice's own error) and Holm's correction over all slices leaves p < 0.05.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from whet.evaluation.metric import Metric, metrics
from whet.evaluation.multiplicity import holm
from whet.ledger.gains import example_gains, mean_variance
from whet.ledger.statistic import t_evidence

__all__ = ["SliceChange", "worse_slices"]

MIN_EXAMPLES, WORSE, ALPHA = 100, 0.02, 0.05


@dataclass(frozen=True, kw_only=True)
class SliceChange:
    """How one slice fared."""

    name: str  # "region=north"
    num_examples: int
    gain: float  # accuracy as a fraction, or the share of the slice's error that went away; negative is worse
    p: float  # Holm-adjusted, one-sided: the slice got worse


def worse_slices(
    metric: Metric,
    truth: np.ndarray,
    candidate: np.ndarray,
    incumbent: np.ndarray,
    slices: Mapping[str, np.ndarray],
    *,
    clusters: np.ndarray | None,
    inflation: float,
) -> list[SliceChange]:
    """The slices that stop an adoption. ``inflation``: total variance of the gain over its example part, at least 1."""
    by, power = _measure(metric)
    gains = example_gains(by, truth, candidate, incumbent)
    assert gains is not None
    assert by.per_example is not None
    error = np.mean([by.per_example(truth, s) for s in incumbent], axis=0)
    changes, raw = [], []
    for name, ids in slices.items():
        for value in sorted(set(ids.tolist()), key=str):
            inside = ids == value
            groups = None if clusters is None else clusters[inside]
            if inside.sum() < MIN_EXAMPLES or (groups is not None and len(np.unique(groups)) < 2):
                continue
            variance, df = mean_variance(gains[inside], groups)
            scale = 1.0 if by.unit == "fraction" else power * float(error[inside].mean()) or 1.0
            gain = float(gains[inside].mean())
            harm = t_evidence(gain, error=np.sqrt(variance * inflation), df=df, single=1.0).p_harm
            changes.append((f"{name}={value}", int(inside.sum()), gain / scale))
            raw.append(float(harm))
    adjusted = holm(np.array(raw))
    rows = [SliceChange(name=n, num_examples=c, gain=g, p=float(p)) for (n, c, g), p in zip(changes, adjusted)]
    return [row for row in rows if row.gain < -WORSE and row.p < ALPHA]


def _measure(metric: Metric) -> tuple[Metric, float]:
    """The per-example metric of slices, and how its relative change compares with that of an error in target units."""
    if "classes" in metric.kinds:
        return metrics["accuracy"], 1.0
    return (metrics["mae"], 1.0) if metric.name == "mae" else (metrics["mse"], 2.0)  # squares change twice as much
