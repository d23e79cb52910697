"""Which candidates can be told apart from the best: paired differences, corrected for how many were looked at.

The statistics are the judge's (``ledger.compare``), two-sided. The best is chosen after looking at everyone, so a
difference from it is like the largest of all pairs: p-values are made fit by Holm's correction over all pairs of
candidates, those not tested counted as never rejected. Intervals are 95 % each on its own.
Source: Holm, Scand. J. Statistics 1979; for the range of many means see Tukey, "The Problem of Multiple Comparisons",
    1953. Differs: Holm instead of the studentised range, because the tests here are of different kinds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from whet.evaluation.metric import Metric
from whet.evaluation.multiplicity import holm
from whet.ledger.compare import by_bootstrap, over_examples, over_folds
from whet.ledger.gains import example_gains
from whet.ledger.noise import NoiseFloor
from whet.ledger.statistic import Evidence

__all__ = ["ALPHA", "Difference", "best_of", "from_best"]

ALPHA = 0.05


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How much better the best is than one candidate, in the metric's unit; positive: the best is better."""

    value: float
    low: float
    high: float
    p: float  # two-sided, after Holm over all pairs

    @property
    def is_apart(self) -> bool:
        """Can the two be told apart."""
        return self.p <= ALPHA


def best_of(metric: Metric, truth: np.ndarray, stacks: Sequence[np.ndarray]) -> int:
    """The index of the best mean score of (k, N, K) ``stacks``."""
    sign = 1.0 if metric.higher_is_better else -1.0
    means = [sign * float(np.mean([metric.compute(truth, s) for s in stack])) for stack in stacks]
    return int(np.argmax(np.where(np.isfinite(means), means, -np.inf)))


def from_best(
    metric: Metric,
    truth: np.ndarray,
    stacks: Sequence[np.ndarray],
    best: int,
    *,
    clusters: np.ndarray | None,
    folds: np.ndarray | None,
    seed: int,
) -> list[Difference | None]:
    """For each of the (k, N, K) ``stacks`` its difference from the best; None for the best itself.

    ``folds`` (k, N): which part evaluated each example, for out-of-fold scores; None: a fixed validation part.
    """
    noise = NoiseFloor.of([[metric.compute(truth, s) for s in stack] for stack in stacks])
    others = [i for i in range(len(stacks)) if i != best]
    found = [_evidence(metric, truth, stacks[best], stacks[i], noise, clusters, folds, seed) for i in others]
    two_sided = np.array([min(1.0, 2 * min(float(e.p), float(e.p_harm))) for e in found])
    num_pairs = len(stacks) * (len(stacks) - 1) // 2
    adjusted = holm(np.concatenate([two_sided, np.ones(num_pairs - len(found))]))
    differences: list[Difference | None] = [None] * len(stacks)
    for index, evidence, p in zip(others, found, adjusted, strict=False):
        differences[index] = Difference(
            value=float(evidence.gain), low=float(evidence.low), high=float(evidence.high), p=float(p)
        )
    return differences


def _evidence(
    metric: Metric,
    truth: np.ndarray,
    best: np.ndarray,
    other: np.ndarray,
    noise: NoiseFloor,
    clusters: np.ndarray | None,
    folds: np.ndarray | None,
    seed: int,
) -> Evidence:
    if folds is not None:
        return over_folds(metric, truth, best, other, folds, train_share=None)[0]
    gains = example_gains(metric, truth, best, other)
    if gains is None:
        return by_bootstrap(metric, truth, best, other, noise, clusters=clusters, seed=seed)
    return over_examples(gains, noise, runs=(len(best), len(other)), clusters=clusters)
