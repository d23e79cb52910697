"""Families of copies among training examples, found once per set of examples."""

from __future__ import annotations

import numpy as np

from whet.auditing.labels.remembering import examples_key
from whet.auditing.treatment import Ground
from whet.data.clusters import components, near_duplicate_pairs
from whet.data.dataset import Dataset

__all__ = ["families_of"]


def families_of(data: Dataset, ground: Ground) -> np.ndarray:
    """(N,) int64: copies, exact or near, share a number; groups play no part."""
    key = f"families {examples_key(data)}"
    if key not in ground.memory:
        ground.memory[key] = components(near_duplicate_pairs(data), len(data))
    found: np.ndarray = ground.memory[key]
    return found
