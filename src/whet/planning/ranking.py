"""The order: expected improvement per second, after what this run has shown so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import norm

from whet.planning.belief import Belief, Expectation, expected_improvement
from whet.planning.expecting import Prospect

__all__ = ["Observation", "Rank", "rank"]

BASE_COST = 0.1  # what even a free change costs, as a share of a training
PLAUSIBLE = 0.975  # quantile of the belief: only what is not visible even then is left out


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What a look at a change showed in this run."""

    expectation: Expectation  # as it was before
    gain: float  # points of a hundred
    noise: float  # standard error of it, that of a cheap look for the full gain included


@dataclass(frozen=True, kw_only=True)
class Rank:
    """One change's place, with its reasons."""

    index: int  # in what was given
    mean: float  # expected gain in points of a hundred, after the evidence of this run
    plausible: float  # it may well be that large
    per_cost: float  # expected improvement for the time of one training
    why: str


def rank(prospects: Sequence[Prospect], observations: Sequence[Observation]) -> list[Rank]:
    """Every change, the most promising per second first."""
    if not prospects:
        return []
    belief = Belief.of([*(p.expectation for p in prospects), *(o.expectation for o in observations)])
    for number, seen in enumerate(observations):
        belief = belief.observed(len(prospects) + number, seen.gain, noise=seen.noise)
    mean, std = belief.mean[: len(prospects)], belief.std[: len(prospects)]
    improvement = expected_improvement(mean, std)
    ranks = [
        Rank(
            index=i,
            mean=float(mean[i]),
            plausible=float(mean[i] + norm.ppf(PLAUSIBLE) * std[i]),
            per_cost=float(improvement[i] / (p.cost + BASE_COST)),
            why=_why(p, float(mean[i]), evidence=bool(observations)),
        )
        for i, p in enumerate(prospects)
    ]
    return sorted(ranks, key=lambda r: (-r.per_cost, r.index))


def _why(prospect: Prospect, mean: float, *, evidence: bool) -> str:
    words = prospect.in_words()
    moved = mean - prospect.expectation.mean
    if not evidence or abs(moved) < 0.1:
        return words
    return f"{words}; {moved:+.1f} after what similar changes did in this run"
