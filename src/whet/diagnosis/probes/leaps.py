"""Single steps of a training whose gradient is far above the usual, and after which the loss is.

Source: Pascanu et al., "On the difficulty of training recurrent neural networks", ICML 2013 (walls of the loss).
"""

from __future__ import annotations

import numpy as np

from whet.watching.trace import Trace

__all__ = ["leaps"]

FEWEST = 20  # steps
WIDE = 10.0  # times the median gradient, or not finite
HIGH = 2.0  # times the loss of the steps before, within a few steps
BEFORE, AFTER = 10, 3  # steps


def leaps(trace: Trace) -> bool:
    """Whether there is such a step, or one whose loss or gradient is not finite.

    >>> leaps(Trace(steps=()))
    False
    """
    kept = [s for s in trace.steps if s.gradient is not None and s.loss is not None]
    if len(kept) < FEWEST:
        return False
    norms, losses = (np.array([getattr(s, name) for s in kept], dtype=np.float64) for name in ("gradient", "loss"))
    usual = float(np.median(norms[np.isfinite(norms)])) if np.isfinite(norms).any() else 0.0
    return any(_leaps_at(int(i), losses) for i in np.flatnonzero(~(norms <= WIDE * usual)) if i >= AFTER)


def _leaps_at(step: int, losses: np.ndarray) -> bool:
    before, after = losses[max(0, step - BEFORE) : step], losses[step : step + AFTER + 1]
    finite = before[np.isfinite(before)]
    return bool(len(finite)) and not float(after.max()) <= HIGH * float(np.median(finite))
