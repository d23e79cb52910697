"""Rank remedies by expected gain per second, given the findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import whet.remedies  # noqa: F401  (registers the remedies)
from whet.evaluation.metric import Metric
from whet.finding import Finding
from whet.recipe import Recipe
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["GENERAL", "TRANSFER_STEPS", "Proposal", "plausible_gain", "propose"]

GENERAL = "no finding asks for it; it often helps"
LIKELY = 0.5  # share of what is to be had that one remedy may plausibly bring
BOOST = 2.0  # a remedy whose symptom was found is this much more likely to help
TRANSFER_STEPS = ("frozen_features", "few_shot", "fine_tuning")  # have a step of their own, in this order
BASE_COST = 0.1  # what even a free remedy costs, as a share of a training


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """One change worth looking at."""

    remedy: str
    title: str
    change: str
    recipe: Recipe
    because: str
    points: float  # plausible gain in points of a hundred
    cost: float  # relative to one training of the incumbent


def propose(recipe: Recipe, facts: Facts, findings: Sequence[Finding], *, tried: set[str]) -> list[Proposal]:
    """Every change that applies and was not tried, the most promising per second first."""
    proposals: list[Proposal] = []
    for name, remedy in remedies.items():
        answered = [f for f in findings if f.symptom in remedy.treats]
        for change, changed in remedy.propose(recipe, facts):
            if changed.digest() in tried:
                continue
            proposals.append(
                Proposal(
                    remedy=name,
                    title=remedy.title,
                    change=change,
                    recipe=changed,
                    because=answered[0].statement if answered else GENERAL,
                    points=_points(remedy.expected_gain, answered),
                    cost=remedy.cost,
                )
            )
    return sorted(proposals, key=lambda p: (-p.points / (p.cost + BASE_COST), p.remedy, p.change))


def _points(expected: float, answered: Sequence[Finding]) -> float:
    """What the remedy usually brings, more where its symptom was found, and more still where much is to be had."""
    if not answered:
        return expected
    return max(expected * BOOST, 100 * LIKELY * max(f.room for f in answered))


def plausible_gain(points: float, metric: Metric, score: float) -> float:
    """Points of a hundred in the metric's own unit; for a target's unit a point is one percent of the score."""
    return points / 100 if metric.unit == "fraction" else points / 100 * abs(score)
