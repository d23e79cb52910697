"""The contract of a way of combining: from members' scores and the truth to a blend that a bundle can keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from whet.evaluation.blend import Blend
from whet.registry import Registry

__all__ = ["Way", "ways"]


class Way(Protocol):
    """One file each, under ``ensembling/ways``."""

    @property
    def title(self) -> str:
        """For people: "greedy selection"."""
        ...

    def fit(self, scores: Sequence[np.ndarray], truth: np.ndarray) -> Blend:
        """A blend of M members, learnt from their (N, K) scores on examples that none of them was trained on.

        Members of weight 0 are not needed at prediction. The same scores and truth give the same blend.
        """
        ...


ways: Registry[Way] = Registry("way of combining")
