"""Diagnose, plan, screen, confirm, adopt: repeated until its share of the time is spent or nothing is left to try."""

from __future__ import annotations

from dataclasses import replace

from whet.improving.arena import inner
from whet.improving.confirming import confirm, visible_gain
from whet.improving.diagnosing import diagnose
from whet.improving.passes import is_glimpse
from whet.improving.planner import TRANSFER_STEPS, Proposal, plausible_gain, propose, shuffled
from whet.improving.screening import screen
from whet.improving.session import Session
from whet.improving.shares import Shares
from whet.ledger.entry import Verdict

__all__ = ["run_remedies"]

UNSCREENED = ("suspected_labels",)  # a short training has not learnt wrong labels by heart, so screening shows nothing
LONG = "longer_training"  # has a step of its own, after the others


def run_remedies(session: Session, *, until_s: float, exploring_s: float, looks: bool = True) -> None:
    """Spend the time up to ``until_s`` (on the run's clock) on remedies; without ``looks``, on those that need none."""
    arena = inner(session.prepared, session.arena, seed=session.options.seed)
    screen_s = max(1.0, Shares().screen * exploring_s)
    confirmations, glimpse = 0, is_glimpse(session)
    if glimpse:
        session.observer.say(
            "the network saw too little of the data to tell what helps it: most time goes to a longer one"
        )
    elif not looks:
        session.observer.say("short trainings say little about the long one to come: most time goes to that")
    while session.clock.elapsed() < until_s and confirmations < session.options.max_confirmations - 2:
        session.findings = [*session.audited, *diagnose(session)]
        proposals = [p for p in _proposals(session) if p.remedy not in (LONG, *TRANSFER_STEPS)]
        hidden, visible = _sorted_by_visibility(session, proposals)
        if confirmations == 0:
            for proposal in hidden:  # rows that say so, without a training
                confirm(session, proposal, repeats=len(session.incumbent))
        if glimpse:  # what trains nothing is judged on the longer training
            return
        free = [p for p in visible if p.cost == 0 or p.remedy in UNSCREENED]
        shown = [p for p in visible if p not in free]
        affordable = int((until_s - session.clock.elapsed()) / 2 / screen_s)
        looked_at = shown[:affordable] if looks else []
        chosen = free + screen(session, arena, looked_at, seconds=screen_s, until_s=until_s)
        adopted = False
        for proposal in chosen:
            repeats = _affordable_repeats(session, proposal, until_s)
            if repeats < 1 or adopted:
                break
            confirmations += 1
            adopted = confirm(session, proposal, repeats=repeats) is Verdict.ADOPTED
        if not adopted:
            return


def _proposals(session: Session) -> list[Proposal]:
    facts = replace(session.prepared.facts, seconds_left=None)
    proposals = propose(
        session.incumbent[0].recipe, facts, session.findings, tried=session.tried, observations=session.observations
    )
    return shuffled(proposals, seed=session.options.seed) if session.options.order == "random" else proposals


def _sorted_by_visibility(session: Session, proposals: list[Proposal]) -> tuple[list[Proposal], list[Proposal]]:
    num, score = len(session.incumbent), session.incumbent[0].score
    visible = {again: visible_gain(session, session.incumbent, num, retrained=again) for again in (False, True)}
    seen = [p for p in proposals if plausible_gain(p.points, session.prepared.metric, score) >= visible[p.cost > 0]]
    return [p for p in proposals if p not in seen], seen


def _affordable_repeats(session: Session, proposal: Proposal, until_s: float) -> int:
    """As many paired seeds as time allows, three at most."""
    if proposal.cost == 0:
        return len(session.incumbent)
    each = max(0.1, session.incumbent[0].seconds)  # length in seconds is kept whatever the change
    left, slack = until_s - session.clock.elapsed(), 0.25 * session.wall_s(each)
    most = min(3, len(session.incumbent))
    return max((r for r in range(1, most + 1) if session.wall_s(each, repeats=r) <= left + slack), default=0)
