"""Two dates of one example that come one after the other: an admission and a discharge, a birth and anything else."""

from __future__ import annotations

import numpy as np

from whet.auditing.inspection import Inspection
from whet.data.columns import DateColumn
from whet.rng import make_numpy_generator

__all__ = ["order_of"]

FEWEST = 50  # pairs of dates


def order_of(inspection: Inspection, first: str, second: str, *, most: float) -> tuple[str, str, np.ndarray] | None:
    """(the earlier column, the later one, positions where it is the other way round); None without such an order.

    The order must be that of the pairs, not of the columns: dates dealt out anew are out of order five times as often,
    or the columns hardly overlap and the exceptions are as far off as nothing else is.
    """
    a, b = inspection.data.columns[first], inspection.data.columns[second]
    assert isinstance(a, DateColumn)
    assert isinstance(b, DateColumn)
    both = np.flatnonzero(np.isfinite(a.values) & np.isfinite(b.values))
    if len(both) < FEWEST:
        return None
    lag = b.values[both] - a.values[both]
    names = (first, second)
    if np.median(lag) < 0:
        lag, names = -lag, (second, first)
    wrong = lag < 0
    if not 0 < wrong.mean() <= most:
        return None
    draws = make_numpy_generator(inspection.seed, "date order", first, second)
    dealt = draws.permutation(b.values[both]) - a.values[both]
    by_chance = float(np.mean((dealt if names[0] == first else -dealt) < 0))
    if by_chance < 5 * wrong.mean() and not _apart(lag, wrong):
        return None
    order = np.argsort(lag[wrong], kind="stable")  # the farthest out of order first
    return names[0], names[1], both[wrong][order]


def _apart(lag: np.ndarray, wrong: np.ndarray) -> bool:
    """No example is anywhere near the turning point, so that the exceptions are no tail of the others."""
    nearest = float(lag[~wrong].min()) - float(lag[wrong].max())
    return nearest > 0.25 * float(np.subtract(*np.quantile(lag[~wrong], [0.95, 0.05])))
