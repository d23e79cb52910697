"""A long training at a lower rate, where the short trials leave open whether that would gain anything."""

from __future__ import annotations

from whet.diagnosis.case import Case
from whet.diagnosis.probes.rate_sweep import rate_sweep
from whet.diagnosis.probes.seen import seen
from whet.diagnosis.probes.whole_trial import WholeTrial, has_room, whole_trial
from whet.diagnosis.setup import Setup

__all__ = ["FACTOR", "lower_for_long"]

FACTOR = 0.1  # of the user's rate
BEHIND = 0.15  # of the reference: how far a lower rate may be behind in a short trial and still win a long one
BRIEF = 0.25  # share of the whole training below which a short trial says nothing of that


def lower_for_long(case: Case) -> WholeTrial | None:
    """None where a lower rate has nothing to gain, as far as the short trials tell."""
    sweep = case.ask(rate_sweep)
    lower, own = sweep.trials.get(FACTOR), sweep.trials[1.0]
    if lower is None or not has_room(case):
        return None
    is_far = lower.score > own.score + BEHIND * sweep.reference
    return None if is_far and sweep.steps >= BRIEF * len(seen(case).steps) else whole_trial(case, _lowered)


def _lowered(setup: Setup) -> Setup:
    for group in setup.optimizer.param_groups:
        group["lr"] = FACTOR * group["lr"]
    return setup
