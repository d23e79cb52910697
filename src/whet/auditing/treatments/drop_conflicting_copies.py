"""Leave out copies whose labels contradict each other, since at most one of them is right.

Helps: pictures or texts that were labelled twice. Hurts: rows of a table that are equal because the columns say too
little, where the shares of the labels are what there is to learn; ``label_conflicts`` is silent about those.
Source: Northcutt et al., "Pervasive Label Errors in Test Sets", NeurIPS 2021 (arXiv 2103.14749), on ambiguous pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from whet.auditing.bounds import require_bounds
from whet.auditing.labels.conflicts import settled_members
from whet.auditing.leaks.families import families_of
from whet.auditing.treatment import Ground, treatments
from whet.data.dataset import Dataset

__all__ = ["DropConflictingCopies"]


@dataclass(frozen=True, kw_only=True)
class DropConflictingCopies:
    """Where most copies of a family agree they stay, and the others go."""

    majority: float = 0.6  # share of a family of three or more that settles its label

    def __post_init__(self) -> None:
        require_bounds(self, majority=(0.5, 1.0))

    def treat(self, data: Dataset, ground: Ground) -> Dataset:
        """See ``TreatmentStep.treat``."""
        if data.target is None or ground.target.kind != "classes":
            return data
        codes = ground.target.encode(data.target)
        kept = np.flatnonzero(settled_members(families_of(data, ground), codes, majority=self.majority))
        return data if len(kept) == len(data) else data.take(kept)


treatments.register("drop_conflicting_copies")(DropConflictingCopies())
