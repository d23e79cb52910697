"""Train on the likelier label where a label looks wrong, and leave out where it is not clear which one would be right.

Helps: wrong labels at random, when examples are too few to lose any. Hurts: what is relabelled wrongly is learnt.
Source: Reed et al., "Training Deep Neural Networks on Noisy Labels with Bootstrapping", 2015 (arXiv 1412.6596).
    Differs: once and before the training, with out-of-fold predictions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from whet.auditing.bounds import require_bounds
from whet.auditing.labels.judging import judge, suspects
from whet.auditing.treatment import Ground, treatments
from whet.data.dataset import Dataset

__all__ = ["RelabelSuspectedLabels"]


@dataclass(frozen=True, kw_only=True)
class RelabelSuspectedLabels:
    """Judged by models trained within the same examples."""

    precision: float = 0.7  # expected share of wrong labels among the suspects
    certainty: float = 0.8  # probability of the suggested label from which it is written

    def __post_init__(self) -> None:
        require_bounds(self, precision=(0.5, 1.0), certainty=(0.0, 1.0))

    def treat(self, data: Dataset, ground: Ground) -> Dataset:
        """See ``TreatmentStep.treat``."""
        noise = judge(data, ground)
        if noise is None:
            return data
        assert data.target is not None
        found = suspects(noise, precision=self.precision)
        clear = found.certainty >= self.certainty
        labels = data.target.copy()
        names = np.array(ground.target.labels, dtype=object)
        labels[found.lines[clear]] = names[found.suggested[clear]]
        kept = np.setdiff1d(np.arange(len(data)), found.lines[~clear])
        return replace(data, target=labels).take(kept) if len(found.lines) else data


treatments.register("relabel_suspected_labels")(RelabelSuspectedLabels())
