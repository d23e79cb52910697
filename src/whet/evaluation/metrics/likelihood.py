"""Log loss: the mean of -log of the probability given to the true class, in nats; 0 is perfect.

Helps: when probabilities are used as such. Hurts: one confident mistake can outweigh a thousand good answers.
Probabilities are cut at 1e-15, so a certain mistake costs 34.5 nats rather than infinity.
"""

from __future__ import annotations

import numpy as np

from whet.evaluation.metric import Metric, metrics

__all__: list[str] = []


def surprise(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """(N,) -log p(true class), in nats."""
    return np.asarray(-np.log(np.clip(scores[np.arange(len(truth)), truth], 1e-15, 1.0)))


def log_loss(truth: np.ndarray, scores: np.ndarray) -> float:
    """Mean surprise in nats.

    >>> round(log_loss(np.array([0]), np.array([[0.5, 0.5]])), 4)
    0.6931
    """
    return float(surprise(truth, scores).mean())


metrics.register("log_loss")(
    Metric(
        name="log_loss",
        title="log loss",
        higher_is_better=False,
        kinds=frozenset({"classes"}),
        compute=log_loss,
        per_example=surprise,
        unit="nats",
    )
)
