"""Errors of predicted numbers: mean squared, root mean squared and mean absolute error.

RMSE is in the target's own units and minds large errors most; MAE minds all alike and shrugs off outliers; MSE is in
squared units and is what most models minimise.
"""

from __future__ import annotations

import numpy as np

from whet.evaluation.additive import Sums, additive_forms, mean_sums
from whet.evaluation.metric import Metric, metrics

__all__: list[str] = []


def squared(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """(N,) squared errors."""
    return np.asarray(np.square(scores[:, 0] - truth))


def absolute(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """(N,) absolute errors."""
    return np.asarray(np.abs(scores[:, 0] - truth))


def mse(truth: np.ndarray, scores: np.ndarray) -> float:
    """Mean squared error, in the square of the target's units."""
    return float(squared(truth, scores).mean())


def rmse(truth: np.ndarray, scores: np.ndarray) -> float:
    """Root of the mean squared error, in the target's units.

    >>> rmse(np.array([0.0, 0.0]), np.array([[3.0], [-3.0]]))
    3.0
    """
    return float(np.sqrt(mse(truth, scores)))


def mae(truth: np.ndarray, scores: np.ndarray) -> float:
    """Mean absolute error, in the target's units."""
    return float(absolute(truth, scores).mean())


@additive_forms.register("rmse")
def rmse_sums(truth: np.ndarray, scores: np.ndarray) -> Sums:
    """The root of a mean."""
    return mean_sums(squared(truth, scores), lambda mean: np.sqrt(np.maximum(mean, 0.0)))


NUMBER = frozenset({"number"})
metrics.register("mse")(
    Metric(
        name="mse",
        title="mean squared error",
        higher_is_better=False,
        kinds=NUMBER,
        compute=mse,
        per_example=squared,
        unit="target",
    )
)
metrics.register("rmse")(
    Metric(name="rmse", title="RMSE", higher_is_better=False, kinds=NUMBER, compute=rmse, unit="target")
)
metrics.register("mae")(
    Metric(
        name="mae",
        title="mean absolute error",
        higher_is_better=False,
        kinds=NUMBER,
        compute=mae,
        per_example=absolute,
        unit="target",
    )
)
