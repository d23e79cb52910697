"""The simplest prediction there is: class frequencies, or the mean, whatever the example.

Helps: as the floor that every model must beat; one that does not has learnt nothing. Hurts: never more than a floor.
Source: Holte, "Very Simple Classification Rules Perform Well on Most Commonly Used Datasets", Machine Learning 1993,
where it is the baseline.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from whet.data.dataset import Dataset
from whet.data.kinds import Modality
from whet.errors import ConfigError
from whet.models.estimators.estimator import estimators
from whet.state import State
from whet.tasks.target import Target

__all__ = ["Majority"]


@estimators.register("majority")
@dataclass(frozen=True)
class Majority:
    """``row``: (K,) float64, the same scores for every example."""

    modalities: ClassVar[frozenset[Modality]] = frozenset(Modality) - {Modality.AUDIO}
    kinds: ClassVar[frozenset[str]] = frozenset({"classes", "number"})

    row: np.ndarray

    @classmethod
    def fit(
        cls,
        train: Dataset,
        target: Target,
        settings: Mapping[str, Any],
        *,
        valid: Dataset | None,
        seed: int,
        seconds: float | None,
        num_threads: int,
    ) -> Self:
        """Count the classes of ``train``, or average its targets; nothing is random and nothing takes time."""
        if settings:
            raise ConfigError(f"majority has no settings; got {', '.join(map(repr, settings))}. Remove them.")
        assert train.target is not None
        if target.kind == "number":
            return cls(np.array([train.target.astype(np.float64).mean()]))
        counts = np.bincount(target.encode(train.target), minlength=target.num_outputs)
        return cls(counts / counts.sum())

    def scores(self, dataset: Dataset) -> np.ndarray:
        """(N, K) frequencies, or (N, 1) means."""
        return np.tile(self.row, (len(dataset), 1))

    def state(self) -> State:
        """The one row."""
        return State({}, {"row": self.row})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The same estimator again."""
        return cls(state.arrays["row"])
