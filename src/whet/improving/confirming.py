"""Judge one change against the incumbent, with paired seeds, and adopt it when the gate holds."""

from __future__ import annotations

import numpy as np

from whet.improving.planner import Proposal, plausible_gain
from whet.improving.session import Session
from whet.improving.trials import Trial
from whet.ledger.entry import Decision, Plan, Stage, Verdict
from whet.ledger.judge import judge, minimum_detectable_effect

__all__ = ["confirm", "visible_gain", "weigh"]


def confirm(session: Session, proposal: Proposal, *, repeats: int) -> Verdict:
    """Register, train, judge; the incumbent changes when the change is adopted."""
    repeats = min(repeats, len(session.incumbent))
    session.tried.add(proposal.recipe.digest())
    plausible = plausible_gain(proposal.points, session.prepared.metric, session.incumbent[0].score)
    visible = visible_gain(session, session.incumbent, repeats)
    candidates: list[Trial] = []

    def train() -> list[Trial]:
        if proposal.cost == 0:  # nothing to retrain: the same weights, other scores
            return [session.rescored(t, proposal.recipe, title=proposal.change) for t in session.incumbent[:repeats]]
        return [session.run(proposal.recipe, title=proposal.change, repeat=r) for r in range(repeats)]

    def work() -> Decision:
        if plausible < visible:
            return Decision(
                verdict=Verdict.NOT_VISIBLE,
                reason=f"a gain of {plausible:.3g} is plausible, but below {visible:.3g} it cannot be told from "
                f"noise with {len(session.arena.truth)} examples and {repeats} seeds; it was not run",
                num_examples=len(session.arena.truth),
            )
        candidates.extend(train())
        return weigh(session, candidates, session.incumbent)

    plan = Plan(
        stage=Stage.CONFIRM,
        remedy=proposal.remedy,
        change=proposal.change,
        because=proposal.because,
        expected_gain=plausible,
        visible_gain=visible,
        alpha=session.spending.next_alpha(),
        seeds=repeats,
        recipe=proposal.recipe.digest(),
        incumbent=session.incumbent[0].recipe.digest(),
        expected_seconds=proposal.cost * repeats * session.incumbent[0].seconds,
    )
    decision = session.book.row(plan, work)
    if decision.verdict is not Verdict.NOT_VISIBLE:
        session.spending = session.spending.after(adopted=decision.verdict is Verdict.ADOPTED)
    if decision.verdict is not Verdict.FAILED and not candidates and decision.num_seeds:
        candidates.extend(train())  # a resumed run: read back
    if len(candidates) > 1:
        session.noise = session.noise.update([t.score for t in candidates])
    if decision.verdict is Verdict.ADOPTED:
        session.incumbent = candidates
        session.adopted.append(proposal.remedy)
        session.observer.say(f"adopted: {proposal.change} ({decision.reason})")
    return decision.verdict


def weigh(session: Session, candidates: list[Trial], incumbents: list[Trial]) -> Decision:
    """What the judge says about two sets of trials, as a ledger decision."""
    repeats = max(len(candidates), len(incumbents))
    judgement = judge(
        session.prepared.metric,
        session.arena.truth,
        session.stacked(candidates),
        session.stacked(incumbents),
        noise=session.noise,
        alpha=session.spending.next_alpha(),
        margin=session.options.margin,
        clusters=session.arena.clusters,
        folds=session.arena.fold_ids(repeats),
        seed=session.options.seed,
    )
    return Decision(
        verdict=judgement.verdict,
        reason=judgement.reason,
        before=float(np.mean([t.score for t in incumbents])),
        after=float(np.mean([t.score for t in candidates])),
        gain=judgement.gain,
        low=judgement.low,
        high=judgement.high,
        p=judgement.p,
        num_examples=len(session.arena.truth),
        num_seeds=len(candidates),
        seconds=sum(t.seconds for t in candidates),
        details=judgement.details,
    )


def visible_gain(session: Session, incumbents: list[Trial], repeats: int) -> float:
    """The smallest gain that a confirmation with that many seeds can show here."""
    return minimum_detectable_effect(
        session.prepared.metric,
        session.arena.truth,
        session.stacked(incumbents),
        noise=session.noise,
        alpha=session.spending.next_alpha(),
        num_seeds=repeats,
    )
