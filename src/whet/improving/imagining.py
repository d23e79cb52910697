"""More for the student of a table to learn from: invented rows, to which the teacher alone gives the answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from whet.data.dataset import Dataset
from whet.data.derived import Derived
from whet.data.join import joined
from whet.data.kinds import Modality
from whet.ensembling.recombining import recombined
from whet.tasks.target import Target

__all__ = ["num_imagined", "with_imagined"]

TIMES, MOST = 4, 20_000  # invented rows per known one, and at most


def num_imagined(num: int, modality: Modality) -> int:
    """How many rows are invented beside ``num`` known ones; pictures, texts, series and sounds are augmented instead.

    >>> num_imagined(500, Modality.TABLE), num_imagined(50_000, Modality.TABLE), num_imagined(500, Modality.TEXT)
    (2000, 20000, 0)
    """
    return min(TIMES * num, MOST) if modality is Modality.TABLE and num > 1 else 0


def with_imagined(told: Dataset, target: Target, answer: Callable[[Dataset], np.ndarray], *, seed: int = 0) -> Dataset:
    """``told``, whose examples carry a teacher's predictions, and invented rows with what ``answer`` says of them.

    Their labels are the teacher's decisions. The result is new data: its fingerprint and its row numbers are its own.
    """
    num = num_imagined(len(told), told.schema.modality)
    if not num:
        return told
    invented = recombined(told, num, seed=seed)
    taught = answer(invented)
    both = joined(told, replace(invented, taught=taught, target=target.decode(taught)))
    mark = f"{told.fingerprint} and {num} invented rows of seed {seed}"
    fingerprint = hashlib.sha256(mark.encode() + told.rows.astype("<i8").tobytes()).hexdigest()
    return replace(both, rows=np.arange(len(both)), fingerprint=fingerprint, derived=Derived())
