"""A cheap look at many changes on an inner split of the training rows. It spends no alpha and makes no claim.

A look trains in full length on a part of the examples: measured on other data, that ranks changes about twice as well
as a training of the same cost, shortened, on all of them (``planning.portfolio``). What each look shows moves what is
expected of the changes that are like it, so that the next look is chosen anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import compress

import numpy as np

from whet.improving.arena import Arena, thinned
from whet.improving.planner import Proposal, points_of, replanned
from whet.improving.session import Session, noted
from whet.improving.trials import Trial, Wanted
from whet.ledger.entry import Decision, Plan, Stage, Verdict
from whet.ledger.gains import example_gains
from whet.planning.fidelity import Fidelity
from whet.planning.fine_loss import loss_gain, moves_with_loss
from whet.planning.ranking import Observation
from whet.recipe import Length, Recipe

__all__ = ["Looked", "screen"]

COUNTED = 1 / 3  # of the examples, where trainings are counted in epochs
LEAST_SHARE = 0.1  # of the examples
TIE = 1e-3  # weight of the loss: it decides between looks that make the same number of mistakes
SMALLEST_NOISE = 0.3  # points: no look is surer than this of what a full training would gain


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What one look showed."""

    proposal: Proposal
    gain: float  # in the metric's unit, positive is better
    rank: float  # by which looks are compared: points gained, and loss where these are alike


@dataclass(kw_only=True)
class _Screening:
    """One round of looks against the incumbent seen as cheaply."""

    session: Session
    arena: Arena
    seconds: float
    looked: list[Looked] = field(default_factory=list)

    def reference(self) -> Trial:
        return self.session.trials.run(self.arena, self.recipe_of(None), title="incumbent, screened")

    def recipe_of(self, proposal: Proposal | None) -> Recipe:
        recipe = self.session.incumbent[0].recipe if proposal is None else proposal.recipe
        if recipe.length.seconds is None:
            return recipe
        return replace(recipe, length=Length(seconds=round(self.seconds, 2), epochs=recipe.length.epochs))


def screen(
    session: Session, arena: Arena, proposals: list[Proposal], *, seconds: float, until_s: float
) -> list[Proposal]:
    """The third of ``proposals`` that did best against the incumbent in ``seconds`` each, best first."""
    if not proposals or session.clock.elapsed() + 2 * seconds > until_s:
        return []
    screening = _Screening(session=session, arena=_part(session, arena, seconds), seconds=seconds)
    reference = screening.reference()
    left, size = list(proposals), session.num_workers
    while left and session.clock.elapsed() + seconds <= until_s:
        side_by_side, left = left[:size], left[size:]
        _run_ahead(screening, side_by_side)
        for proposal in side_by_side:
            _look(screening, proposal, reference)
        if session.options.order == "planned":
            left = replanned(left, session.observations)
    ranked = sorted(screening.looked, key=lambda looked: -looked.rank)
    return [looked.proposal for looked in ranked[: max(1, (len(ranked) + 2) // 3)] if looked.rank > 0]


def _part(session: Session, arena: Arena, seconds: float) -> Arena:
    """As many of the examples as a training of the incumbent's length gets through in the time of a look."""
    incumbent = session.incumbent[0]
    if incumbent.recipe.length.seconds is None:
        share = COUNTED
    else:
        each = max(0.01, incumbent.seconds / session.arena.num_parts)
        share = seconds / each * session.arena.num_train / arena.num_train
    fidelity = Fidelity(name="part of the examples", examples=float(np.clip(share, LEAST_SHARE, 1.0)))
    # chosen once per run: a resumed run must look at the same examples
    kept = session.folder.remember(f"screened_share_{arena.name}", lambda: round(fidelity.examples, 3))
    return thinned(arena, replace(fidelity, examples=float(kept)), seed=session.options.seed)


def _run_ahead(screening: _Screening, proposals: list[Proposal]) -> None:
    """Register and train several side by side where there are workers for it."""
    session = screening.session
    if session.num_workers == 1 or len(proposals) == 1:
        return
    is_open = session.book.register([_plan(screening, proposal) for proposal in proposals])
    proposals = list(compress(proposals, is_open))
    session.observer.doing(f"screening {'; '.join(p.change for p in proposals)}")
    session.trials.run_ahead(
        screening.arena, [Wanted(recipe=screening.recipe_of(p), title=f"{p.change}, screened") for p in proposals]
    )


def _look(screening: _Screening, proposal: Proposal, reference: Trial) -> None:
    session, truth = screening.session, screening.arena.truth
    metric = session.prepared.metric
    before = reference.score

    def work() -> Decision:
        session.observer.doing(f"screening {proposal.change}")
        trial = session.trials.run(screening.arena, screening.recipe_of(proposal), title=f"{proposal.change}, screened")
        gain = session.gain(trial.score, before)
        fine = loss_gain(trial.scores, reference.scores, truth) if moves_with_loss(metric.name) else 0.0
        paired = example_gains(metric, truth, trial.scores[None], reference.scores[None])
        return Decision(
            verdict=Verdict.MEASURED,
            reason=f"a look at {screening.arena.num_train} training examples of an inner split: no claim",
            before=before,
            after=trial.score,
            gain=gain,
            num_examples=len(truth),
            num_seeds=1,
            seconds=trial.seconds,
            details={**noted([trial]), "loss_gain": fine, "noise": _noise(session, paired, len(truth))},
        )

    decision = session.book.row(_plan(screening, proposal), work)
    if decision.gain is None:
        return
    points, noise = points_of(decision.gain, metric, before), float(decision.details["noise"])
    rank = points + TIE * float(decision.details["loss_gain"])
    screening.looked.append(Looked(proposal=proposal, gain=decision.gain, rank=rank))
    if proposal.expectation is not None:
        seen = Observation(
            expectation=proposal.expectation,
            gain=points,
            noise=max(SMALLEST_NOISE, points_of(noise, metric, before)),
        )
        session.observations.append(seen)


def _noise(session: Session, paired: np.ndarray | None, num: int) -> float:
    """Standard error of a look's gain in the metric's unit: its examples, and two seeds."""
    examples = 0.0 if paired is None else float(np.var(paired)) / num
    seeds = 2 * (session.noise.std or 0.0) ** 2
    return float(np.sqrt(examples + seeds))


def _plan(screening: _Screening, proposal: Proposal) -> Plan:
    return Plan(
        stage=Stage.SCREEN,
        remedy=proposal.remedy,
        change=proposal.change,
        because=proposal.because,
        why_now=proposal.why_now,
        recipe=screening.recipe_of(proposal).digest(),
        incumbent=screening.session.incumbent[0].recipe.digest(),
        expected_seconds=screening.seconds,
    )
