"""Rank remedies by expected improvement per second: findings, what changes were worth on other data, and this run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import whet.remedies  # noqa: F401  (registers the remedies)
from whet.evaluation.metric import Metric
from whet.finding import Finding
from whet.planning.belief import Expectation
from whet.planning.expecting import Claim, Prospect, expect
from whet.planning.portfolio import Portfolio, load_portfolio
from whet.planning.ranking import Observation, rank
from whet.recipe import Recipe
from whet.remedies.remedy import remedies
from whet.rng import make_numpy_generator
from whet.tasks.facts import Facts

__all__ = [
    "GENERAL",
    "TRANSFER_STEPS",
    "Proposal",
    "plausible_gain",
    "points_of",
    "propose",
    "replanned",
    "shuffled",
]

GENERAL = "no finding asks for it; it often helps"
LIKELY = 0.5  # share of what is to be had that one remedy may plausibly bring
TRANSFER_STEPS = ("frozen_features", "few_shot", "fine_tuning")  # have a step of their own, in this order


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
    why_now: str = ""  # its place in the order, and what put it there
    prospect: Prospect | None = None  # before this run showed anything

    @property
    def expectation(self) -> Expectation | None:
        """What was expected of it before this run showed anything."""
        return None if self.prospect is None else self.prospect.expectation


def propose(
    recipe: Recipe,
    facts: Facts,
    findings: Sequence[Finding],
    *,
    tried: set[str],
    observations: Sequence[Observation] = (),
    portfolio: Portfolio | None = None,
) -> list[Proposal]:
    """Every change that applies and was not tried, the most promising per second first.

    ``observations``: what cheap looks at other changes showed in this run. ``portfolio``: None for the one that comes
    with Whet.
    """
    known = load_portfolio() if portfolio is None else portfolio
    proposals: list[Proposal] = []
    for name, remedy in remedies.items():
        answered = [f for f in findings if f.symptom in remedy.treats]
        room = 100 * LIKELY * max((f.room for f in answered), default=0.0)
        claim = Claim(
            remedy=name, treats=remedy.treats, gain=remedy.expected_gain, cost=remedy.cost, found=bool(answered)
        )
        for change, changed in remedy.propose(recipe, facts):
            if changed.digest() in tried:
                continue
            prospect = _with_room(expect(claim, str(facts.modality), known), room)
            proposals.append(
                Proposal(
                    remedy=name,
                    title=remedy.title,
                    change=change,
                    recipe=changed,
                    because=answered[0].statement if answered else GENERAL,
                    points=room,
                    cost=prospect.cost,
                    prospect=prospect,
                )
            )
    return replanned(proposals, observations)


def replanned(proposals: Sequence[Proposal], observations: Sequence[Observation]) -> list[Proposal]:
    """The same, in the order that the evidence of this run asks for."""
    ranks = rank([p.prospect for p in proposals if p.prospect is not None], observations)
    assert len(ranks) == len(proposals)
    return [
        replace(
            proposals[r.index],
            points=max(proposals[r.index].points, r.plausible),
            why_now=f"number {place} of {len(ranks)}: {r.why}",
        )
        for place, r in enumerate(ranks, start=1)
    ]


def shuffled(proposals: Sequence[Proposal], *, seed: int) -> list[Proposal]:
    """The same in random order: the control that a plan must beat."""
    order = make_numpy_generator(seed, "planner", "shuffled", str(len(proposals))).permutation(len(proposals))
    return [replace(proposals[i], why_now="in random order") for i in order]


def plausible_gain(points: float, metric: Metric, score: float) -> float:
    """Points of a hundred in the metric's own unit; for a target's unit a point is one percent of the score."""
    return points / 100 if metric.unit == "fraction" else points / 100 * abs(score)


def points_of(gain: float, metric: Metric, score: float) -> float:
    """The other way round: a gain in the metric's unit as points of a hundred, or percent of the score."""
    return 100 * gain if metric.unit == "fraction" else 100 * gain / max(abs(score), 1e-12)


def _with_room(prospect: Prospect, room: float) -> Prospect:
    """More is believed in where a finding says how much is to be had."""
    expectation = prospect.expectation
    if room <= expectation.mean:
        return prospect
    # as likely to bring nothing as to bring all that is plausible
    wider = replace(expectation, mean=room / 2, std=max(expectation.std, room / 2))
    return replace(prospect, expectation=wider)
