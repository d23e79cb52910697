"""One fault planted into clean data, and how it should be reported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["Bed", "Kind", "Planted", "draw"]


@dataclass(frozen=True, kw_only=True)
class Bed:
    """Clean data to plant into."""

    name: str
    modality: str
    source: Any  # a data frame, a pair of arrays, or a list of (file name, content) for folders
    target: str | None = None
    test: Any = None


@dataclass(frozen=True, kw_only=True)
class Planted:
    """A source with one fault."""

    source: Any
    test: Any = None
    rows: np.ndarray | None = None  # source rows that are faulty, where it is rows
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of fault: ``plant(bed, share, rng)``; any of ``expects`` counts as finding it, ``allows`` as true too."""

    name: str
    modality: str
    expects: frozenset[str]
    plant: Callable[[Bed, float, np.random.Generator], Planted]
    allows: frozenset[str] = frozenset()  # what may be said beside it, since it is true as well


def draw(num: int, share: float, rng: np.random.Generator, *, least: int = 3) -> np.ndarray:
    """So many of ``num`` rows, ascending."""
    return np.sort(rng.choice(num, max(least, round(share * num)), replace=False))
