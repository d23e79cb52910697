"""Deal clusters of examples out to parts so that every part gets its quota of every class, as near as clusters allow.

Clusters of several examples are dealt first, largest first, each to the part that still lacks most of its classes;
single examples then fill what is left exactly, without a loop over them.
"""

from __future__ import annotations

import numpy as np

__all__ = ["allocate", "strata_of"]


def strata_of(target: np.ndarray | None, num: int) -> np.ndarray:
    """(N,) int64 classes to keep balanced: the labels, or up to ten bands of equal size of a number.

    >>> strata_of(np.array([5.0, 1.0, 2.0, 9.0]), 4).tolist()
    [0, 0, 0, 0]
    """
    if target is None:
        return np.zeros(num, dtype=np.int64)
    if target.dtype == object:
        return np.asarray(np.unique(target.astype(str), return_inverse=True)[1], dtype=np.int64)
    bands = max(1, min(10, num // 20))
    rank = np.argsort(np.argsort(target, kind="stable"), kind="stable")
    return np.asarray(rank * bands // num, dtype=np.int64)


def allocate(strata: np.ndarray, clusters: np.ndarray, quotas: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(N,) int64 part of each example.

    Args:
        strata: (N,) int64 in [0, S); clusters: (N,) int64 ids.
        quotas: (P, S) int64; over the parts they add up to the examples of each stratum.
    """
    parts = np.full(len(strata), -1, dtype=np.int64)
    lacking = quotas.astype(np.int64).copy()
    sizes = np.bincount(clusters)
    _deal_clusters(parts, strata, clusters, sizes, lacking, rng)
    singles = np.flatnonzero(sizes[clusters] == 1)
    if len(singles):
        parts[singles] = _deal_singles(strata[singles], lacking, rng)
    return parts


def _deal_clusters(
    parts: np.ndarray,
    strata: np.ndarray,
    clusters: np.ndarray,
    sizes: np.ndarray,
    lacking: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """Fill ``parts`` for clusters of two or more, and take what was given from ``lacking``."""
    members = np.flatnonzero(sizes[clusters] > 1)
    members = members[np.argsort(clusters[members], kind="stable")]
    ids, starts = np.unique(clusters[members], return_index=True)
    ends = np.append(starts[1:], len(members))
    shuffled = rng.permutation(len(ids))
    for i in shuffled[np.argsort(-sizes[ids[shuffled]], kind="stable")].tolist():
        rows = members[starts[i] : ends[i]]
        held, counts = np.unique(strata[rows], return_counts=True)
        part = int(np.argmax(lacking[:, held] @ counts))
        parts[rows] = part
        lacking[part, held] -= counts


def _deal_singles(strata: np.ndarray, lacking: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(M,) parts: within each stratum a random order is cut where the parts' remaining needs end."""
    needs = _without_debts(np.maximum(lacking, 0), np.bincount(strata, minlength=lacking.shape[1]))
    order = np.lexsort((rng.random(len(strata)), strata))
    dealt = np.empty(len(strata), dtype=np.int64)
    num_parts = len(needs)
    dealt[order] = np.repeat(np.tile(np.arange(num_parts), needs.shape[1]), needs.T.ravel())
    return dealt


def _without_debts(needs: np.ndarray, available: np.ndarray) -> np.ndarray:
    """(P, S): a part that large clusters overfilled needs nothing; the others give up the difference, largest first."""
    needs = needs.copy()
    for stratum in np.flatnonzero(needs.sum(axis=0) != available).tolist():
        surplus = int(needs[:, stratum].sum() - available[stratum])
        while surplus > 0:
            largest = int(np.argmax(needs[:, stratum]))
            given = min(surplus, max(1, surplus // 2), int(needs[largest, stratum]))
            needs[largest, stratum] -= given
            surplus -= given
    return needs
