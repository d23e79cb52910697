"""The minimum detectable effect: the smallest true gain that a confirmation would find four times out of five."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri, stdtrit

from whet.errors import ConfigError
from whet.ledger.compare import seed_shares
from whet.ledger.noise import NoiseFloor

__all__ = ["minimum_detectable_effect"]

POWER = 0.84  # normal quantile of 80 % power


def minimum_detectable_effect(
    noise: NoiseFloor,
    *,
    alpha: float,
    num_examples: int,
    disagreement: float,
    num_seeds: int = 3,
    num_incumbent_seeds: int | None = None,
    num_folds: int = 1,
) -> float:
    """(z_{1 - alpha} + 0.84) sqrt(s² (1/k + 1/k_incumbent) + d / n), in the metric's unit.

    Args:
        noise: the pooled seed variance.
        alpha: what the row may spend.
        disagreement: d, the variance over examples of one paired difference. For accuracy about the share of
            examples on which two trainings differ (0.06 is usual); two seeds of the default recipe tell.
        num_folds: K of a cross-validation with ``num_seeds`` repeats; then the corrected t-test's variance and
            degrees of freedom are used, and ``num_examples`` counts all out-of-fold examples. 1: a fixed hold-out.

    >>> floor = NoiseFloor().with_seeds([0.900, 0.905, 0.8975, 0.9025, 0.90])
    >>> round(minimum_detectable_effect(floor, alpha=0.1 / 12, num_examples=5000, disagreement=0.06), 4)
    0.014
    """
    if not 0.0 < alpha < 1.0:
        raise ConfigError(f"alpha must be in (0, 1); got {alpha!r}. A row without budget can show nothing.")
    runs = (num_seeds, num_seeds if num_incumbent_seeds is None else num_incumbent_seeds)
    sampling = disagreement / num_examples
    seed_variance, _ = noise.variance(sampling / seed_shares(runs))
    if num_folds == 1:
        return float((ndtri(1 - alpha) + POWER) * np.sqrt(seed_variance * seed_shares(runs) + sampling))
    count = num_folds * num_seeds
    # one fold has n / K examples; the mean over K folds of a repeat scatters by both seeds and examples
    per_fold = num_folds * (2 * seed_variance + sampling)
    error = np.sqrt((1.0 / count + 1.0 / (num_folds - 1)) * per_fold)
    return float((stdtrit(count - 1, 1 - alpha) + POWER) * error)
