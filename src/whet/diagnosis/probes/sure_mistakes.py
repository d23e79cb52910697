"""How often predictions are wrong, from the surest to the least sure: wrong labels and hard examples look different.

On hard examples mistakes fade as the model gets surer. On wrong labels they do not: the model is sure of the class, and
right, and the label says otherwise in the same share of cases however sure it is.
Source: Northcutt et al., "Confident Learning", JAIR 2021 (arXiv 1911.00068). Differs: compares the surest with the next
surest instead of thresholds by class, because those call hard examples wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from whet.diagnosis.margins import wilson

__all__ = ["SureMistakes", "sure_mistakes"]

QUARTER = 0.25  # of the examples, by how sure the model is
BANDS = 10


@dataclass(frozen=True, kw_only=True)
class SureMistakes:
    """Shares of examples whose label is not the predicted class."""

    num: int  # examples
    top: float  # among the surest quarter
    low: float  # ends of its 95 % interval
    high: float
    following: float  # among the next quarter
    late: float  # among the quarter after that
    claimed: float  # mistakes that the model itself expects among the surest: 1 minus the mean confidence
    claimed_late: float  # and two quarters later
    spread: int  # predicted classes among the surest
    skill: float  # of the surest predictions over always the commonest label among them; 1: all right
    bands: tuple[float, ...]  # by tenth, the surest first
    is_tied: bool  # the surest cannot be told from the others: one probability for nearly all

    @property
    def error(self) -> float:
        """Standard error of the difference between two quarters."""
        each = (self.top * (1 - self.top) + self.late * (1 - self.late)) / (QUARTER * self.num)
        return float(np.sqrt(each)) + 1 / self.num

    @property
    def half(self) -> float:
        """Among the surer half."""
        return (self.top + self.following) / 2


def sure_mistakes(truth: np.ndarray, scores: np.ndarray) -> SureMistakes:
    """Of (N,) class codes and (N, K) probabilities; ranked within each predicted class"""
    predicted = scores.argmax(axis=1)
    ordered = np.sort(scores, axis=1)
    # of probabilities near 1, what is left to the others still tells them apart
    rest = np.clip(1.0 - ordered[:, -1], ordered[:, -2], None)
    rank = np.zeros(len(truth))
    for code in np.unique(predicted):
        members = predicted == code
        rank[members] = rest[members].argsort(kind="stable").argsort(kind="stable") / members.sum()
    wrong = predicted != truth
    first, second, third = (np.asarray((rank >= QUARTER * i) & (rank < QUARTER * (i + 1))) for i in range(3))
    order = np.argsort(rank, kind="stable")
    low, high = wilson(float(wrong[first].sum()), int(first.sum()))
    top = float(wrong[first].mean())
    commonest = float(np.bincount(truth[first]).max() / max(first.sum(), 1))
    return SureMistakes(
        num=len(truth),
        top=top,
        low=low,
        high=high,
        following=float(wrong[second].mean()) if second.any() else top,
        claimed=float(1 - ordered[first, -1].mean()),
        late=float(wrong[third].mean()) if third.any() else top,
        claimed_late=float(1 - ordered[third, -1].mean()) if third.any() else 0.0,
        spread=len(np.unique(predicted[first])),
        skill=1 - top / max(1 - commonest, 1e-9),
        bands=tuple(float(part.mean()) for part in np.array_split(wrong[order], BANDS)),
        is_tied=bool(np.median(rest) < max(1e-9, 1.001 * float(np.quantile(rest, 0.1)))),
    )
