"""Judge one change against the incumbent, with paired seeds, and adopt it when the gate holds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from whet.improving.planner import Proposal, plausible_gain
from whet.improving.session import Session, noted
from whet.improving.trials import Trial, Wanted
from whet.ledger.detectable import minimum_detectable_effect
from whet.ledger.entry import Decision, Plan, Stage, Verdict
from whet.ledger.gains import example_gains
from whet.ledger.judge import judge
from whet.ledger.noise import SAME_WEIGHTS

__all__ = ["confirm", "visible_gain", "weigh"]

USUAL_DISAGREEMENT = 0.06  # share of examples on which two trainings differ, where two seeds cannot tell


def confirm(session: Session, proposal: Proposal, *, repeats: int, also_hidden: bool = False) -> Verdict:
    """Register, train, judge; the incumbent changes when the change is adopted.

    A change whose plausible gain cannot be seen here is not run, unless ``also_hidden``.
    """
    repeats = min(repeats, len(session.incumbent))
    session.tried.add(proposal.recipe.digest())
    plausible = plausible_gain(proposal.points, session.prepared.metric, session.incumbent[0].score)
    retrained = proposal.cost > 0
    visible = visible_gain(session, session.incumbent, repeats, retrained=retrained)
    candidates: list[Trial] = []

    def train() -> list[Trial]:
        if not retrained:  # the same weights, other scores
            return [session.rescored(t, proposal.recipe, title=proposal.change) for t in session.incumbent[:repeats]]
        session.run_ahead([Wanted(recipe=proposal.recipe, title=proposal.change, repeat=r) for r in range(repeats)])
        return [session.run(proposal.recipe, title=proposal.change, repeat=r) for r in range(repeats)]

    def work() -> Decision:
        if plausible < visible and not also_hidden:
            return Decision(
                verdict=Verdict.NOT_VISIBLE,
                reason=f"a gain of {plausible:.3g} is plausible, but below {visible:.3g} it cannot be told from "
                f"noise with {len(session.arena.truth)} examples and {repeats} seeds; it was not run",
                num_examples=len(session.arena.truth),
            )
        candidates.extend(train())
        return weigh(session, candidates, session.incumbent, retrained=retrained)

    plan = Plan(
        stage=Stage.CONFIRM,
        remedy=proposal.remedy,
        change=proposal.change,
        because=proposal.because,
        why_now=proposal.why_now,
        expected_gain=plausible,
        visible_gain=visible,
        alpha=session.alpha(),
        seeds=repeats,
        recipe=proposal.recipe.digest(),
        incumbent=session.incumbent[0].recipe.digest(),
        expected_seconds=proposal.cost * repeats * session.incumbent[0].seconds,
    )
    decision = session.book.row(plan, work)
    if decision.verdict is not Verdict.NOT_VISIBLE:
        session.num_judged += 1
    if decision.verdict is not Verdict.FAILED and not candidates and decision.num_seeds:
        candidates.extend(train())  # a resumed run: read back
    session.noise = session.noise.with_seeds([t.score for t in candidates])
    if decision.verdict is Verdict.ADOPTED:
        session.incumbent = candidates
        session.adopted.append(proposal.remedy)
        session.observer.say(f"adopted: {proposal.change} ({decision.reason})")
    return decision.verdict


def weigh(session: Session, candidates: list[Trial], incumbents: list[Trial], *, retrained: bool = True) -> Decision:
    """What the judge says about two sets of trials, as a ledger decision."""
    repeats = max(len(candidates), len(incumbents))
    judgement = judge(
        session.prepared.metric,
        session.arena.truth,
        session.stacked(candidates),
        session.stacked(incumbents),
        noise=session.noise,
        alpha=session.alpha(),
        margin=session.options.margin or 0.0,
        clusters=session.arena.clusters,
        slices={"class": session.arena.truth} if session.prepared.target.kind == "classes" else None,
        folds=session.arena.fold_ids(repeats),
        retrained=retrained,
        seed=session.options.seed,
    )
    decision = judgement.decision(seconds=sum(t.seconds for t in candidates))
    return replace(decision, details={**decision.details, **noted(candidates)})


def visible_gain(session: Session, incumbents: list[Trial], repeats: int, *, retrained: bool = True) -> float:
    """The smallest gain that a confirmation with that many seeds can show here; see ``judge`` for ``retrained``."""
    metric, truth, scores = session.prepared.metric, session.arena.truth, session.stacked(incumbents)
    alpha = session.alpha()
    if alpha <= 0:
        return float("inf")
    gains = example_gains(metric, truth, scores[:1], scores[1:2]) if len(scores) > 1 else None
    disagreement = USUAL_DISAGREEMENT if gains is None else float(np.var(gains))
    return minimum_detectable_effect(
        session.noise if retrained else SAME_WEIGHTS,
        alpha=alpha,
        num_examples=len(truth),
        disagreement=disagreement,
        num_seeds=repeats,
        num_incumbent_seeds=len(incumbents),
        num_folds=session.arena.num_parts,
    )
