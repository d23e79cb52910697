"""Which examples must stay on the same side of a split: copies of each other, and members of one group.

Helps: 3 % of CIFAR-10's test pictures have a near copy among its training pictures, and such a test flatters.
Hurts: little; a cluster wrongly made costs some freedom in splitting.
Source: Barz & Denzler, "Do we train on test data?", J. Imaging 2020 (arXiv 1902.00423).
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from whet.data.columns import AudioColumn, ImageColumn, SeriesColumn, TextColumn
from whet.data.dataset import Dataset
from whet.data.kinds import Modality
from whet.data.near.audio import audio_pairs
from whet.data.near.images import image_pairs
from whet.data.near.rows import row_pairs
from whet.data.near.series import series_pairs
from whet.data.near.texts import text_pairs
from whet.data.near.vectors import equal_pairs

__all__ = ["components", "near_duplicate_clusters", "near_duplicate_pairs"]


def near_duplicate_clusters(dataset: Dataset) -> np.ndarray:
    """(N,) int64 cluster ids, 0 for the first example and counting up as new clusters appear."""
    pairs = [near_duplicate_pairs(dataset)]
    if dataset.groups is not None:
        known = np.flatnonzero([g is not None for g in dataset.groups.tolist()])
        _, keys = np.unique(dataset.groups[known].astype(str), return_inverse=True)
        pairs.append(known[equal_pairs(keys)])
    return components(np.concatenate(pairs), len(dataset))


def near_duplicate_pairs(dataset: Dataset) -> np.ndarray:
    """(P, 2) int64 positions of examples whose features are copies, exact or near; groups play no part."""
    columns = list(dataset.columns.values())
    if dataset.schema.modality is not Modality.TABLE:
        match columns[0]:
            case ImageColumn():
                return image_pairs(columns[0])
            case TextColumn():
                return text_pairs(columns[0])
            case SeriesColumn():
                return series_pairs(columns[0])
            case AudioColumn():
                return audio_pairs(columns[0])
    return row_pairs(columns, len(dataset))


def components(pairs: np.ndarray, num: int) -> np.ndarray:
    """(num,) int64: which chain of pairs (P, 2) each of ``num`` examples belongs to, numbered as they appear."""
    graph = coo_matrix((np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(num, num))
    _, labels = connected_components(graph, directed=False)
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    return np.asarray(rank[inverse], dtype=np.int64)
