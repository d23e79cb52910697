"""Keep one example of each family of copies.

Helps: copies make some examples count many times, and hide from early stopping and validation how little there is.
Hurts: copies that are frequent because the case is.
Source: Lee et al., "Deduplicating Training Data Makes Language Models Better", ACL 2022 (arXiv 2107.06499).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from whet.auditing.leaks.families import families_of
from whet.auditing.treatment import Ground, treatments
from whet.data.dataset import Dataset

__all__ = ["Deduplicate"]


@dataclass(frozen=True, kw_only=True)
class Deduplicate:
    """The first example of a family stays; of a family with several labels the first of each label."""

    def treat(self, data: Dataset, ground: Ground) -> Dataset:
        """See ``TreatmentStep.treat``."""
        keys = families_of(data, ground)
        if data.target is not None and ground.target.kind == "classes":
            keys = keys * ground.target.num_outputs + ground.target.encode(data.target)
        _, first = np.unique(keys, return_index=True)
        return data if len(first) == len(data) else data.take(np.sort(first))


treatments.register("deduplicate")(Deduplicate())
