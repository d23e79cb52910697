"""What occlusion asks about: the example with one part after the other taken away."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from whet.data.columns import ColumnData
from whet.data.dataset import Dataset
from whet.data.derived import Derived

__all__ = ["Without", "changed", "cut"]


@dataclass(frozen=True, kw_only=True)
class Without:
    """``variants`` holds ``repeats`` rows for each of P parts, side by side."""

    variants: Dataset
    spread: Callable[[np.ndarray], np.ndarray]  # (P,) weights -> in the layout of ``method``
    repeats: int = 1

    def means(self, scores: np.ndarray) -> np.ndarray:
        """(P * repeats, K) scores -> (P, K)."""
        return np.asarray(scores.reshape(-1, self.repeats, scores.shape[1]).mean(axis=1))


def changed(data: Dataset, columns: Mapping[str, ColumnData], *, purpose: str) -> Dataset:
    """``data`` with other columns: with a fingerprint of its own, and nothing derived from the old ones."""
    digest = hashlib.sha256(f"{data.fingerprint}/{purpose}".encode()).hexdigest()
    return replace(data, columns=columns, rows=np.arange(len(data)), fingerprint=digest, derived=Derived())


def cut(size: int, *, most: int) -> list[tuple[int, int]]:
    """At most ``most`` stretches (from, up to) of equal length, the last perhaps shorter.

    >>> cut(7, most=3), cut(2, most=5), cut(0, most=3)
    ([(0, 3), (3, 6), (6, 7)], [(0, 1), (1, 2)], [])
    """
    length = max(1, -(-size // most))
    return [(start, min(start + length, size)) for start in range(0, size, length)]
