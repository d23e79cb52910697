"""Which examples stand out from the rest of their set: how far, and whether they are single cases or whole classes."""

from __future__ import annotations

import numpy as np

__all__ = ["above", "below", "beyond", "single_cases"]

_DOUBT = 20  # examples: with so many the spread is taken twice, with many more as measured
_WHOLE_CLASS = 0.4  # share of a class from which something is the way of that class and no fault of single examples


def above(values: np.ndarray, reference: np.ndarray, *, least: float) -> np.ndarray:
    """By how many standard deviations ``values`` exceed the middle of ``reference``.

    The spread is that of the upper half up to its 90th percentile, so that a skewed set is no surprise and up to 5 %
    of damaged examples hardly move it. ``least``: the smallest spread taken seriously, in the unit of the values.

    >>> above(np.array([0.0, 4.0]), np.random.default_rng(0).normal(size=10_000), least=0.1).round().tolist()
    [0.0, 4.0]
    """
    known = reference[np.isfinite(reference)]
    if not len(known):
        return np.zeros(len(values))
    middle, high = np.quantile(known, [0.5, 0.9])
    spread = max((high - middle) / 1.2816, least) * (1 + _DOUBT / len(known))
    return np.asarray(np.nan_to_num((values - middle) / spread))


def below(values: np.ndarray, reference: np.ndarray, *, least: float) -> np.ndarray:
    """The same for values that are too small."""
    return above(-values, -reference, least=least)


def beyond(values: np.ndarray, reference: np.ndarray, *, least: float) -> np.ndarray:
    """The same for both directions."""
    return np.asarray(np.maximum(above(values, reference, least=least), below(values, reference, least=least)))


def single_cases(found: np.ndarray, classes: np.ndarray | None) -> np.ndarray:
    """``found`` (M,) bool without whole classes: where all night scenes are dark, no single one is at fault.

    >>> single_cases(np.array([True, True, True, False, False]), np.array(["a", "a", "b", "b", "b"])).tolist()
    [False, False, True, False, False]
    """
    if classes is None:
        return found
    _, codes = np.unique(classes, return_inverse=True)
    shares = np.bincount(codes, weights=found) / np.bincount(codes)
    return np.asarray(found & (shares[codes] < _WHOLE_CLASS))
