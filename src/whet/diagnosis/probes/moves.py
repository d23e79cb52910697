"""By how much steps move weights, beside the size of these weights: the ratio that a fair learning rate keeps near
1e-3.

Only weights count whose ratio means something: biases and gains are small and start at zero, so theirs is large; the
rows of an embedding that a batch does not touch stand still, so its ratio is small.
Source: Karpathy, "A Recipe for Training Neural Networks", 2019.
"""

from __future__ import annotations

import numpy as np

from whet.watching.trace import ParameterSeen, Trace

__all__ = ["is_weight", "moves"]

SMALLEST = 16  # values of a parameter from which it counts as a weight


def is_weight(name: str, seen: ParameterSeen) -> bool:
    """Whether ratios to its size mean something.

    >>> is_weight("head.bias", ParameterSeen(size=100, weight=1.0, gradient=1.0, update=0.1))
    False
    """
    last = name.rsplit(".", 1)[-1]
    return seen.size >= SMALLEST and seen.weight > 0 and "bias" not in last and not seen.broken


def moves(trace: Trace) -> np.ndarray | None:
    """(steps looked at,) median over weights of the norm of a step's change against the weight's. None without any."""
    found = []
    for step in trace.looked_at:
        ratios = [p.update / p.weight for n, p in step.parameters.items() if is_weight(n, p) and p.gradient is not None]
        ratios = [r for r in ratios if np.isfinite(r)]
        if ratios:
            found.append(float(np.median(ratios)))
    return np.array(found) if found else None
