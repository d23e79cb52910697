"""How far an example lies from what is usual in any class, where classes are known, or in the whole set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from whet.auditing.media.sides import Side

__all__ = ["departures"]

_FEWEST = 10  # examples of a class, before its median is trusted


def departures(looked: Sequence[tuple[Side, np.ndarray]]) -> list[np.ndarray]:
    """For values (M,) of each side, the values less the nearest training median of a class.

    A louder class is thus no outlier, and what is usual in another class is a wrong label rather than a fault of the
    example. Where one of the sides has no classes, none are used, so that both stay comparable; nor are classes with
    fewer than ten training examples.
    """
    values = looked[0][1]
    middle = _median(values)
    classes = [c for c in (side.classes for side, _ in looked) if c is not None]
    if len(classes) < len(looked):
        return [np.asarray(v - middle) for _, v in looked]
    labels, codes = np.unique(classes[0], return_inverse=True)
    own = [values[codes == code] for code in range(len(labels))]
    usual = np.array([_median(v) for v in own if np.isfinite(v).sum() >= _FEWEST] or [middle])
    return [_from_nearest(v, usual) for _, v in looked]


def _from_nearest(values: np.ndarray, usual: np.ndarray) -> np.ndarray:
    away = values[:, None] - usual[None, :]
    return np.asarray(away[np.arange(len(values)), np.nan_to_num(np.abs(away)).argmin(axis=1)])


def _median(values: np.ndarray) -> float:
    return float(np.nanmedian(values)) if np.isfinite(values).any() else 0.0
