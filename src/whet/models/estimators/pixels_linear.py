"""Logistic regression on raw pixels: the baseline for tiny pictures.

Helps: pictures up to about 16 pixels whose objects are centred, such as scanned digits.
Hurts: objects that move around; use ``hog_linear`` there.
Source: Cox, "The Regression Analysis of Binary Sequences", 1958; solved by L-BFGS in scikit-learn.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from scipy.special import softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from whet.data.columns import ImageColumn
from whet.data.dataset import Dataset
from whet.data.encoders.image import only_image_column, pictures_of
from whet.data.kinds import Modality
from whet.errors import ConfigError, ShapeError
from whet.models.estimators.estimator import estimators
from whet.rng import make_numpy_generator
from whet.state import State
from whet.tasks.target import Target

__all__ = ["PixelsLinear"]

MOST = 10_000  # examples fitted: a baseline does not need more, and L-BFGS passes over them a hundred times
ITERATIONS = 200  # of L-BFGS; the last ones move no prediction


@estimators.register("pixels_linear")
@dataclass(frozen=True, kw_only=True)
class PixelsLinear:
    """Multinomial logistic regression with a unit L2 penalty; it has no settings."""

    column: str
    weights: np.ndarray  # (H * W * C, K) float64, for pixels in [0, 1]
    intercepts: np.ndarray  # (K,) float64

    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.IMAGE})
    kinds: ClassVar[frozenset[str]] = frozenset({"classes"})

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
        """See ``Estimator``. At most 10,000 examples, drawn at random, are fitted; that takes seconds."""
        if settings:
            raise ConfigError(f"pixels_linear has no settings; got {sorted(settings)!r}. Remove them.")
        assert train.target is not None
        rows = make_numpy_generator(seed, "pixels_linear", "rows").permutation(len(train))[:MOST]
        name = only_image_column(train)
        x, codes = _pixels(pictures_of(train, name), rows), target.encode(train.target[rows])
        weights = np.zeros((x.shape[1], target.num_outputs))
        intercepts = np.full(target.num_outputs, -np.inf)  # a class without examples gets probability 0
        present = np.unique(codes)
        with threadpool_limits(num_threads):
            weights[:, present], intercepts[present] = _logistic(x, codes, len(present))
        return cls(column=name, weights=weights, intercepts=intercepts)

    def scores(self, dataset: Dataset) -> np.ndarray:
        """See ``Estimator``."""
        x = _pixels(pictures_of(dataset, self.column), np.arange(len(dataset)))
        if x.shape[1] != len(self.weights):
            raise ShapeError(f"pixels_linear was fitted on {len(self.weights)} values a picture; got {x.shape[1]}.")
        return np.asarray(softmax(x @ self.weights + self.intercepts, axis=1))

    def state(self) -> State:
        """See ``Estimator``."""
        return State({"column": self.column}, {"weights": self.weights, "intercepts": self.intercepts})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """See ``Estimator``."""
        return cls(**state.config, weights=state.arrays["weights"], intercepts=state.arrays["intercepts"])


def _pixels(column: ImageColumn, rows: np.ndarray) -> np.ndarray:
    return column.gather(rows).reshape(len(rows), -1) / 255.0


def _logistic(x: np.ndarray, codes: np.ndarray, num_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """(F, classes) weights and (classes,) intercepts, a symmetric pair when there are two classes."""
    if num_classes == 1:
        return np.zeros((x.shape[1], 1)), np.zeros(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # ITERATIONS is the limit we chose
        model = LogisticRegression(max_iter=ITERATIONS).fit(x, codes)
    if num_classes == 2:
        return np.hstack([-model.coef_.T, model.coef_.T]) / 2, np.array([-1, 1]) * model.intercept_ / 2
    return model.coef_.T, model.intercept_
