"""Which links between copies are exact and which are near, and the families that they form.

A family is a chain of pairs (``whet.data.clusters``); within it examples with the same bytes are exact copies, and
what then remains beside the first is a near copy.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from whet.data.clusters import components
from whet.data.columns import (
    AudioColumn,
    CategoryColumn,
    ColumnData,
    DateColumn,
    ImageColumn,
    NumberColumn,
    SeriesColumn,
    TextColumn,
)
from whet.data.dataset import Dataset
from whet.data.near.vectors import equal_pairs, row_hashes

__all__ = ["content_keys", "exact_links", "families", "near_links"]

BLOCK = 1024  # pictures or series held at a time


def content_keys(data: Dataset) -> np.ndarray:
    """(N,) int64, equal for examples whose features are the same to the last bit."""
    keys = np.zeros(len(data), dtype=np.int64)
    for column in data.columns.values():
        codes = pd.factorize(_keys(column), use_na_sentinel=False)[0]
        keys = np.unique(np.column_stack([keys, codes]), axis=0, return_inverse=True)[1].reshape(-1)
    return keys


def exact_links(data: Dataset, pairs: np.ndarray) -> np.ndarray:
    """(P, 2): the first of its kind, each later example that equals it to the last bit; only among ``pairs``."""
    members = np.unique(pairs)
    return np.asarray(members[equal_pairs(content_keys(data.take(members)))]).reshape(-1, 2)


def near_links(pairs: np.ndarray, exact: np.ndarray, num: int) -> np.ndarray:
    """(P, 2): an example, each later one that is nearly it; exact copies have been left out."""
    chains = components(pairs, num)
    _, first = np.unique(chains, return_index=True)
    members = np.setdiff1d(np.unique(pairs), exact[:, 1])
    later = members[first[chains[members]] != members]
    partner = first[chains]
    direct = pairs[np.lexsort((pairs[:, 0], pairs[:, 1]))[::-1]]  # the smallest partner is written last
    partner[direct[:, 1]] = direct[:, 0]
    return np.column_stack([partner[later], later])


def families(links: np.ndarray, num: int) -> list[np.ndarray]:
    """Positions of each family of two or more, ascending; the largest family first."""
    chains = components(links, num)
    members = np.unique(links)
    order = members[np.argsort(chains[members], kind="stable")]
    cuts = np.flatnonzero(np.diff(chains[order])) + 1
    found = np.split(order, cuts) if len(order) else []
    return sorted(found, key=lambda family: (-len(family), int(family[0])))


def _keys(column: ColumnData) -> np.ndarray:
    match column:
        case NumberColumn(values) | DateColumn(values):
            return values
        case CategoryColumn(codes=codes):
            return codes
        case TextColumn():
            return np.array(column.texts(), dtype=object)
        case AudioColumn():
            return row_hashes(np.array([*column.waves(), None], dtype=object)[:-1])
        case ImageColumn() | SeriesColumn():
            starts = range(0, len(column.rows), BLOCK)
            blocks = [np.arange(s, min(s + BLOCK, len(column.rows))) for s in starts]
            hashes = [row_hashes(column.gather(b)) for b in blocks]
            return np.concatenate(hashes) if hashes else np.zeros(0, np.uint64)
