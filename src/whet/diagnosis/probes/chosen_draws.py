"""Whether a loader draws its examples in other shares than its dataset has them, on purpose."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch.utils.data import BatchSampler, DataLoader, RandomSampler, Sampler, SequentialSampler, SubsetRandomSampler
from torch.utils.data.distributed import DistributedSampler

__all__ = ["draws_on_purpose", "in_shares_of"]

_EVEN = (RandomSampler, SequentialSampler, SubsetRandomSampler, DistributedSampler)


def draws_on_purpose(loader: Any) -> bool:
    """A sampler with weights, or one of the user's own: nobody writes one and does not mean it.

    >>> from torch.utils.data import WeightedRandomSampler
    >>> draws_on_purpose(DataLoader([0, 1], sampler=WeightedRandomSampler([1.0, 9.0], 2))), draws_on_purpose([0, 1])
    (True, False)
    """
    if not isinstance(loader, DataLoader):
        return False
    if loader.batch_sampler is not None and type(loader.batch_sampler) is not BatchSampler:
        return True
    return isinstance(loader.sampler, Sampler) and not isinstance(loader.sampler, _EVEN)


def in_shares_of(
    classes: np.ndarray, wanted: np.ndarray, rows: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """(n,) places of different ``rows`` whose ``classes`` are in the shares of ``wanted``, as many as there are.

    Args:
        classes: (N,) of rows that were drawn, some of them several times.
        wanted: (M,) classes in the shares that are asked for.
        rows: (N, D).
    """
    first = np.unique(rows, axis=0, return_index=True)[1]
    kinds, counts = np.unique(wanted, return_counts=True)
    members = [generator.permutation(first[classes[first] == kind]) for kind in kinds]
    size = min((len(found) / count for found, count in zip(members, counts)), default=0.0)
    taken = [found[: int(size * count)] for found, count in zip(members, counts)]
    return np.sort(np.concatenate(taken)) if taken else first[:0]
