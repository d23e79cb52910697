"""Families of copies whose members carry different labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from whet.data.clusters import components

__all__ = ["Conflicts", "conflicts_among", "settled_members"]


@dataclass(frozen=True, kw_only=True)
class Conflicts:
    """Positions of examples that have a direct copy with another label."""

    members: np.ndarray  # (M,) ascending
    outvoted: np.ndarray  # those whose label is not that of a clear majority of their family
    links: np.ndarray  # (L, 2) the copies
    num_families: int


def conflicts_among(pairs: np.ndarray, codes: np.ndarray) -> Conflicts:
    """Among examples with class ``codes`` (N,), ``pairs`` (P, 2) of which are copies.

    >>> found = conflicts_among(np.array([[0, 1], [1, 2], [3, 4]]), np.array([7, 7, 8, 5, 5]))
    >>> found.members.tolist(), found.outvoted.tolist(), found.num_families
    ([1, 2], [2], 1)
    """
    keys = components(pairs, len(codes))
    links = pairs[codes[pairs[:, 0]] != codes[pairs[:, 1]]]
    members = np.unique(links)
    outvoted = members[~settled_members(keys, codes)[members]]
    return Conflicts(members=members, outvoted=outvoted, links=links, num_families=len(np.unique(keys[members])))


def settled_members(keys: np.ndarray, codes: np.ndarray, *, majority: float = 0.6) -> np.ndarray:
    """(N,) bool: all of the family agree, or it has three members or more and most carry this label."""
    agreeing, sizes = _agreement(keys, codes)
    return np.asarray((agreeing == sizes) | ((sizes >= 3) & (2 * agreeing > sizes) & (agreeing >= majority * sizes)))


def _agreement(keys: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N,) members of the same family ``keys`` with the same label, (N,) members of the family."""
    both = keys.astype(np.int64) * (int(codes.max(initial=0)) + 1) + codes
    _, inverse, counts = np.unique(both, return_inverse=True, return_counts=True)
    return counts[inverse.reshape(-1)], np.bincount(keys)[keys]
