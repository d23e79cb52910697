"""The series with one stretch of steps at a time replaced by the straight line between its ends."""

from __future__ import annotations

import numpy as np

from whet.data.columns import SeriesColumn
from whet.explaining.layout import num_steps
from whet.explaining.method import Example
from whet.explaining.without import Without, changed, cut

__all__ = ["without_steps"]

MOST = 24  # stretches


def without_steps(example: Example) -> Without:
    """All channels lose the same stretch; weights are shared evenly by its steps."""
    alone, length = example.alone, num_steps(example.alone)
    stretches = cut(length, most=MOST)
    columns = {
        name: SeriesColumn(
            np.stack([_bridged(column.gather(np.array([0]))[0], start, end) for start, end in stretches]),
            np.arange(len(stretches)),
        )
        for name, column in alone.columns.items()
        if isinstance(column, SeriesColumn)
    }
    repeated = alone.take(np.zeros(len(stretches), dtype=np.int64))
    lengths = np.array([end - start for start, end in stretches])
    return Without(
        variants=changed(repeated, {**repeated.columns, **columns}, purpose="without steps"),
        spread=lambda weights: np.repeat(weights / lengths, lengths),
    )


def _bridged(values: np.ndarray, start: int, end: int) -> np.ndarray:
    """(C, T), its observed steps from ``start`` to before ``end`` on a line between what is observed around."""
    bridged = values.copy()
    for channel in bridged:
        observed = np.isfinite(channel)
        steps = np.flatnonzero(observed)
        around = steps[(steps < start) | (steps >= end)]
        inside = steps[(steps >= start) & (steps < end)]
        if len(inside):
            channel[inside] = np.interp(inside, around, channel[around]) if len(around) else channel[inside].mean()
    return bridged
