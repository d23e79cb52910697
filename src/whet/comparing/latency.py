"""How long a prediction takes, from raw examples to scores, as a user of the model waits for it."""

from __future__ import annotations

import time
from typing import Protocol

import numpy as np

from whet.data.dataset import Dataset

__all__ = ["BATCHES", "milliseconds_per_example"]

BATCHES = (1, 64)  # examples predicted at once
MOST = 30  # repeats


class Scorer(Protocol):
    """A model, a member of one, or a stand-in."""

    def scores(self, dataset: Dataset) -> np.ndarray:
        """(N, K)."""
        ...


def milliseconds_per_example(fitted: Scorer, data: Dataset, *, batch: int, seconds: float) -> float:
    """The median over repeats on other examples each time, after one call that warms up; at least one is measured.

    ``data`` smaller than ``batch`` is gone through again from its start. ``seconds`` limits the repeats.
    """
    times: list[float] = []
    begin = time.perf_counter()
    for repeat in range(MOST + 1):
        rows = (np.arange(batch) + repeat * batch) % len(data)
        examples = data.take(rows)
        start = time.perf_counter()
        fitted.scores(examples)
        times.append(time.perf_counter() - start)
        if repeat >= 1 and time.perf_counter() - begin + times[-1] > seconds:
            break
    return float(1000 * np.median(times[1:]) / batch)
