"""R2: the share of the target's variance that the predictions explain; 1 is perfect, 0 is predicting the mean.

Helps: comparing targets of different units. Hurts: a part of the data where the target hardly varies.
Undefined (NaN) when the target does not vary at all.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from sklearn.metrics import r2_score

from whet.evaluation.additive import Sums, additive_forms
from whet.evaluation.metric import Metric, metrics

__all__: list[str] = []


def r2(truth: np.ndarray, scores: np.ndarray) -> float:
    """In (-inf, 1].

    >>> r2(np.array([1.0, 3.0]), np.array([[2.0], [2.0]]))
    0.0
    """
    if len(truth) < 2 or np.ptp(truth) == 0:
        return float("nan")
    return float(r2_score(truth, scores[:, 0]))


@additive_forms.register("r2")
def r2_sums(truth: np.ndarray, scores: np.ndarray) -> Sums:
    """Examples, target, squared target and squared error, of the standardised target (float32 sums stay exact)."""
    centred = (truth - truth.mean()) / (truth.std() or 1.0)
    squared = np.square((scores[:, 0] - truth) / (truth.std() or 1.0))
    features = sparse.csr_array(np.stack([np.ones(len(truth)), centred, np.square(centred), squared], axis=1))

    def finish(sums: np.ndarray) -> np.ndarray:
        count, total, squares, errors = sums
        spread = squares - np.square(total) / count
        varies = spread > 1e-6 * count
        return np.where(varies, 1.0 - errors / np.where(varies, spread, 1.0), np.nan)

    return Sums(features, finish)


metrics.register("r2")(Metric(name="r2", title="R²", higher_is_better=True, kinds=frozenset({"number"}), compute=r2))
