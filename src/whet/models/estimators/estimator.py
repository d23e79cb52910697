"""The contract of an estimator: a model fitted in closed form or by a library, without the training loop.

Baselines and fast members (linear models, boosted trees, MiniRocket + ridge) are estimators. One file each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, Self

import numpy as np

from whet.data.dataset import Dataset
from whet.data.kinds import Modality
from whet.registry import Registry
from whet.state import State
from whet.tasks.target import Target

__all__ = ["Estimator", "can_weigh", "estimators"]


class Estimator(Protocol):
    """A fitted estimator."""

    modalities: ClassVar[frozenset[Modality]]
    kinds: ClassVar[frozenset[str]]  # target kinds it can predict: "classes", "number"
    # One that can let examples count less (``Dataset.weights``) says so by ``takes_weights = True``; see ``can_weigh``.

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
        """Fit on ``train``; ``valid`` may be used to stop early, never to fit. ``seconds`` is a limit to respect."""
        ...

    def scores(self, dataset: Dataset) -> np.ndarray:
        """(N, K) float64 probabilities or (N, 1) values; see ``tasks.target``."""
        ...

    def state(self) -> State:
        """Everything ``from_state`` needs."""
        ...

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The same estimator again; its scores are equal bit for bit."""
        ...


estimators: Registry[type[Estimator]] = Registry("estimator")


def can_weigh(name: str) -> bool:
    """Whether the estimator of that name lets examples count less.

    >>> import whet.models.estimators
    >>> can_weigh("boosted_trees"), can_weigh("majority")
    (True, False)
    """
    return bool(getattr(estimators[name], "takes_weights", False))
