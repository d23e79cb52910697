"""Pairs of rows that lie very close together, without comparing all pairs.

Exact copies are linked first; one of each is then projected on its main axes, where distances can only shrink, so
that no near pair is lost, and looked up in a k-d tree. With a small radius that is near linear in the rows.
"""

from __future__ import annotations

import hashlib

import numpy as np
from scipy.spatial import cKDTree

from whet.rng import make_numpy_generator

__all__ = ["close_pairs", "equal_pairs", "row_hashes"]

_AXES = 12  # more axes prune better but make the tree slower; 8 to 16 cost about the same
_MOST_MEASURED = 512  # components
_NEIGHBOURS = 6  # chains of six link larger families too, and keep the number of pairs linear


def row_hashes(rows: np.ndarray) -> np.ndarray:
    """(N, ...) -> (N,) uint64, equal for rows of equal bytes; others collide once in 10^19 pairs."""
    digests = [hashlib.blake2b(np.ascontiguousarray(row).data, digest_size=8).digest() for row in rows]
    return np.frombuffer(b"".join(digests), dtype=np.uint64)


def equal_pairs(keys: np.ndarray) -> np.ndarray:
    """(P, 2) int64: every row paired with the first row that has the same key (N,)."""
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    partner = first[inverse]
    copies = np.flatnonzero(partner != np.arange(len(keys)))
    return np.column_stack([partner[copies], copies])


def close_pairs(vectors: np.ndarray, radius: float) -> np.ndarray:
    """(P, 2) int64: candidates among vectors (N, D) at a distance of at most ``radius``, at most six for each row."""
    if len(vectors) < 2:
        return np.zeros((0, 2), dtype=np.int64)
    centred = vectors - vectors.mean(axis=0)
    if vectors.shape[1] > _AXES:
        centred = centred @ _main_axes(centred)
    tree = cKDTree(centred, balanced_tree=False)
    near = min(_NEIGHBOURS, len(vectors) - 1)
    _, found = tree.query(centred, k=near + 1, distance_upper_bound=radius)
    left = np.repeat(np.arange(len(vectors)), near + 1)
    right = found.ravel()
    kept = (right < len(vectors)) & (left < right)
    return _within(vectors, left[kept], right[kept], radius)


def _main_axes(centred: np.ndarray) -> np.ndarray:
    """(D, 12) orthonormal: the main axes, or random ones where D is too large for a D x D matrix."""
    if centred.shape[1] > _MOST_MEASURED:
        draws = make_numpy_generator(0, "axes").standard_normal((centred.shape[1], _AXES))
        return np.asarray(np.linalg.qr(draws)[0])
    _, axes = np.linalg.eigh(centred.T @ centred)  # ascending: the last axes carry most
    return np.asarray(axes[:, -_AXES:])


def _within(vectors: np.ndarray, left: np.ndarray, right: np.ndarray, radius: float) -> np.ndarray:
    near = np.linalg.norm(vectors[left] - vectors[right], axis=1) <= radius
    return np.column_stack([left[near], right[near]])
