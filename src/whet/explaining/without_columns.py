"""The row with one column at a time taking the values of other rows, so that the column says nothing about this one."""

from __future__ import annotations

import numpy as np

from whet.explaining.method import Example
from whet.explaining.without import Without, changed

__all__ = ["without_columns"]


def without_columns(example: Example) -> Without:
    """As many rows per column as there are others; their scores are averaged."""
    pool, names = example.pool, [c.name for c in example.pool.schema.features]
    num_others = max(1, len(pool) - 1)
    others = np.arange(1, len(pool)) if len(pool) > 1 else np.array([0])
    columns = {}
    for j, name in enumerate(names):
        index = np.zeros(len(names) * num_others, dtype=np.int64)
        index[j * num_others : (j + 1) * num_others] = others
        columns[name] = pool.columns[name].take(index)
    repeated = pool.take(np.zeros(len(names) * num_others, dtype=np.int64))
    return Without(
        variants=changed(repeated, {**repeated.columns, **columns}, purpose="without columns"),
        spread=lambda weights: weights,
        repeats=num_others,
    )
