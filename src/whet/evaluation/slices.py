"""Weak slices: on which classes or groups of examples is the model worse than on the rest?

Every slice is compared with all other examples by Welch's one-sided t-test on per-example results (right or wrong for
classes, absolute error for numbers); Holm's correction covers all slices looked at together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

from whet.evaluation.metric import metrics
from whet.evaluation.multiplicity import holm

__all__ = ["Slice", "weak_slices"]

MIN_EXAMPLES = 30  # below this the t-test on right-or-wrong results is not to be trusted


@dataclass(frozen=True, kw_only=True)
class Slice:
    """One slice against the rest."""

    column: str  # "class", or the name that the slice ids were given under
    value: str
    num_examples: int
    score: float  # accuracy, or mean absolute error in the target's units
    rest: float  # the same on all other examples
    gap: float  # how much worse the slice is; positive is worse
    p: float  # Holm-adjusted, one-sided


def weak_slices(
    truth: np.ndarray,
    scores: np.ndarray,
    *,
    labels: Sequence[str] = (),
    slices: Mapping[str, np.ndarray] | None = None,
    min_examples: int = MIN_EXAMPLES,
) -> list[Slice]:
    """Every slice of at least ``min_examples``, weakest first.

    Args:
        truth: (N,) class codes, or numbers.
        scores: (N, K) probabilities, or (N, 1) values.
        labels: class names; empty for a number, which has no class slices.
        slices: name -> (N,) ids; the examples with one id are one slice.
    """
    loss = 1.0 - _per("accuracy", truth, scores) if labels else _per("mae", truth, scores)
    columns = dict(slices or {})
    if labels:
        columns = {"class": np.array(labels, dtype=object)[truth], **columns}
    found = [
        (name, str(value), members)
        for name, ids in columns.items()
        for value in sorted(set(ids.tolist()), key=str)
        if min_examples <= (members := ids == value).sum() < len(truth) - 1
    ]
    if not found:
        return []
    adjusted = holm(np.array([_welch(loss[members], loss[~members]) for _, _, members in found]))
    rows = [
        Slice(
            column=name,
            value=value,
            num_examples=int(members.sum()),
            score=_shown(float(loss[members].mean()), bool(labels)),
            rest=_shown(float(loss[~members].mean()), bool(labels)),
            gap=float(loss[members].mean() - loss[~members].mean()),
            p=float(p),
        )
        for (name, value, members), p in zip(found, adjusted, strict=True)
    ]
    return sorted(rows, key=lambda row: (row.p, -row.gap))


def _per(name: str, truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    per_example = metrics[name].per_example
    assert per_example is not None
    return per_example(truth, scores)


def _shown(mean_loss: float, is_share_wrong: bool) -> float:
    return 1.0 - mean_loss if is_share_wrong else mean_loss


def _welch(inside: np.ndarray, outside: np.ndarray) -> float:
    """One-sided p-value of ``inside`` having the larger mean."""
    a, b = inside.var(ddof=1) / len(inside), outside.var(ddof=1) / len(outside)
    difference = inside.mean() - outside.mean()
    if a + b == 0:
        return 0.0 if difference > 0 else 1.0
    df = (a + b) ** 2 / (a**2 / (len(inside) - 1) + b**2 / (len(outside) - 1))
    return float(stdtr(df, -difference / np.sqrt(a + b)))
