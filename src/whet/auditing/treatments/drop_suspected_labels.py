"""Leave examples out of training whose labels look wrong.

Helps: wrong labels at random; a model that trains long learns them by heart. Hurts: rare and hard examples go too.
Source: Northcutt et al., "Confident Learning", JAIR 2021 (arXiv 1911.00068).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from whet.auditing.bounds import require_bounds
from whet.auditing.labels.judging import judge, suspects
from whet.auditing.treatment import Ground, treatments
from whet.data.dataset import Dataset

__all__ = ["DropSuspectedLabels"]


@dataclass(frozen=True, kw_only=True)
class DropSuspectedLabels:
    """Judged by models trained within the same examples."""

    precision: float = 0.7  # expected share of wrong labels among those left out; a right one costs less than a wrong

    def __post_init__(self) -> None:
        require_bounds(self, precision=(0.5, 1.0))

    def treat(self, data: Dataset, ground: Ground) -> Dataset:
        """See ``TreatmentStep.treat``."""
        noise = judge(data, ground)
        if noise is None:
            return data
        found = suspects(noise, precision=self.precision)
        return data.take(np.setdiff1d(np.arange(len(data)), found.lines)) if len(found.lines) else data


treatments.register("drop_suspected_labels")(DropSuspectedLabels())
