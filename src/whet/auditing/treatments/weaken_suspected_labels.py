"""Let examples whose labels look wrong count less, by how likely it is that the label is right.

Helps: wrong labels at random, where it is not certain which they are: a hard example that only looks wrong still
counts. Hurts: what is wrong still counts a little.
Source: Ren et al., "Learning to Reweight Examples for Robust Deep Learning", ICML 2018 (arXiv 1803.09050).
    Differs: weights are the labels' probabilities by out-of-fold models, not learnt by a clean set that nobody has.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from whet.auditing.bounds import require_bounds
from whet.auditing.labels.judging import judge, suspects
from whet.auditing.treatment import Ground, treatments
from whet.data.dataset import Dataset

__all__ = ["WeakenSuspectedLabels"]


@dataclass(frozen=True, kw_only=True)
class WeakenSuspectedLabels:
    """Judged by models trained within the same examples; those not suspected count in full."""

    precision: float = 0.5  # expected share of wrong labels among those weakened; lower than for leaving out
    least: float = 0.05  # weight of a label that is certainly wrong

    def __post_init__(self) -> None:
        require_bounds(self, precision=(0.0, 1.0), least=(0.001, 1.0))

    def treat(self, data: Dataset, ground: Ground) -> Dataset:
        """See ``TreatmentStep.treat``."""
        noise = judge(data, ground)
        if noise is None:
            return data
        found = suspects(noise, precision=self.precision)
        if not len(found.lines):
            return data
        weights = np.ones(len(data)) if data.weights is None else data.weights.copy()
        weights[found.lines] *= np.maximum(self.least, 1.0 - found.wrong)
        return replace(data, weights=weights)


treatments.register("weaken_suspected_labels")(WeakenSuspectedLabels())
