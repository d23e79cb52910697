"""How much of the target is told by where an example stands in an order: time, or the row number."""

from __future__ import annotations

import numpy as np

from whet.auditing.inspection import Inspection

__all__ = ["target_drift"]

MOST_BLOCKS = 20
PER_BLOCK = 20
MOST_ONE_HOT = 20


def target_drift(inspection: Inspection, order: np.ndarray) -> float:
    """Share of the target's variance between stretches of ``order`` (N,), chance taken out; 0 without a target.

    Classes count by their indicator variables (Goodman and Kruskal's tau); NaN in ``order`` is left out.
    """
    known = np.flatnonzero(np.isfinite(order))
    blocks = min(MOST_BLOCKS, len(known) // PER_BLOCK)
    if inspection.target is None or blocks < 2:
        return 0.0
    ranked = known[np.argsort(order[known], kind="stable")]
    values = _indicators(inspection.truth, inspection.is_classes)[ranked]  # (M, K)
    centred = values - values.mean(axis=0)
    starts = _starts(order[ranked], blocks)
    sizes = np.diff(np.append(starts, len(ranked)))
    between = float((np.add.reduceat(centred, starts, axis=0) ** 2 / sizes[:, None]).sum())
    total = float((centred**2).sum())
    by_chance = (len(starts) - 1) / (len(ranked) - 1)
    return max(0.0, (between / total - by_chance) / (1 - by_chance)) if total > 0 else 0.0


def _starts(ascending: np.ndarray, blocks: int) -> np.ndarray:
    """Where at most ``blocks`` stretches begin; examples of one time stay together."""
    wanted = np.arange(blocks) * len(ascending) // blocks
    return np.unique(np.searchsorted(ascending, ascending[wanted]))


def _indicators(truth: np.ndarray, is_classes: bool) -> np.ndarray:
    if not is_classes:
        return np.asarray(truth, dtype=np.float64)[:, None]
    common = np.argsort(-np.bincount(truth), kind="stable")[:MOST_ONE_HOT]
    return np.asarray(truth[:, None] == common[None, :], dtype=np.float64)
