"""After the search: which of all that was trained is handed over, and what the alternatives would have cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whet.improving.blending import blend_trials, calibrated
from whet.improving.candidate import Candidate, is_same, one_part, title_of, within
from whet.improving.deadline import OutOfTime
from whet.improving.distilling import Fast, distil
from whet.improving.handover import Handover, alone
from whet.improving.limiting import limited
from whet.improving.session import Session
from whet.improving.souping import run_soups
from whet.improving.weighing_up import looked_at

__all__ = ["Selected", "select"]


@dataclass(frozen=True, kw_only=True)
class Selected:
    """What is handed over, and the candidates that were measured."""

    handover: Handover
    fast: Fast | None = None  # offered beside an ensemble
    candidates: Sequence[Candidate] = ()


def select(session: Session, *, distilling_s: float) -> Selected:
    """Soups first; blend and calibrate; teach a fast model; where latency or size is limited, take the best that fits.

    ``distilling_s``: seconds that the fast model may take.
    """
    run_soups(session)
    handover = calibrated(session, blend_trials(session))
    options = session.options
    try:
        return _beside(session, handover, distilling_s)
    except OutOfTime:
        if options.max_latency_s is not None or options.max_size_bytes is not None:
            raise  # nobody knows whether the ensemble keeps the limits
        session.observer.say("no time was left to look at faster models; the ensemble is handed over alone")
        return Selected(handover=handover)


def _beside(session: Session, handover: Handover, distilling_s: float) -> Selected:
    """The fast model, what keeps the limits, and what else could have been handed over."""
    with session.clock.step("distillation"):
        fast = distil(session, handover, seconds=distilling_s)
    options = session.options
    measured: list[Candidate] = [] if fast is None else [_candidate(session, fast)]
    if options.max_latency_s is not None or options.max_size_bytes is not None:
        with session.clock.step("latency and size"):
            chosen, seen = limited(session, handover, [] if fast is None else [fast.trial])
        handover = handover if chosen is handover else calibrated(session, chosen)
        measured += [c for c in seen if not any(is_same(c.handover, k.handover) for k in measured)]
    with session.clock.step("what could have been handed over"):
        candidates = looked_at(session, handover, measured)
    return Selected(handover=handover, fast=fast if len(handover.members) > 1 else None, candidates=candidates)


def _candidate(session: Session, fast: Fast) -> Candidate:
    single = one_part(alone(fast.trial)) if session.arena.num_parts > 1 else alone(fast.trial)
    return Candidate(
        name=title_of(single),
        handover=single,
        score=fast.trial.score,
        costs=fast.costs,
        fits=within(session, fast.costs),
    )
