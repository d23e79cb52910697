"""A setting of the training undone on copies: is it this one that spoils the training, and what does it cost?

First beside a short trial, then, where that is not clear, for as long as the whole training. The undone copy must
learn: one that only blows up less has another fault. And where a lower rate alone gets far further, that is the fault.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from whet.diagnosis.case import Case
from whet.diagnosis.probes.ground import ground
from whet.diagnosis.probes.rate_sweep import rate_sweep
from whet.diagnosis.probes.trials import Comparison, achieved, compare
from whet.diagnosis.probes.whole_trial import has_room, whole_trial
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError

__all__ = ["Undone", "undone"]

RECOVERS = 0.35  # of what a lower rate alone takes off the loss: undone, the setting must give as much back

BLOWN = 1.5  # times the reference
SECONDS = 6.0  # of the longer trial: a setting far from usual is worth more of the time than an ordinary one


@dataclass(frozen=True, kw_only=True)
class Undone:
    """Where a copy with the setting undone got to."""

    gain: float  # in shares of the reference loss
    share: float  # lost with the setting of what the loss falls by without it, in [0, 1]
    whole: float  # loss after the whole training
    after: float  # with the setting undone
    steps: int  # that this took

    @property
    def severity(self) -> float:
        """By what is lost."""
        return float(min(0.95, 0.35 + 0.6 * self.share))


def undone(
    case: Case,
    change: Callable[[Setup], Setup],
    *,
    least: float,
    also: Callable[[Comparison], bool] = lambda tried: False,
    may_blow_up: bool = False,
) -> Undone | None:
    """Undo it.

    Args:
        least: what it must gain, in shares of the reference loss.
        also: another reason for which the short trial is enough.
        may_blow_up: it can blow up a training late; of other settings such a loss says nothing, as it is chaotic.
    Returns:
        None where that does not help.
    """
    found = _by_short(case, change, least, also) or _by_whole(case, change, least, may_blow_up)
    return None if found is None or _is_outdone(case, found) else found


def _by_short(
    case: Case, change: Callable[[Setup], Setup], least: float, also: Callable[[Comparison], bool]
) -> Undone | None:
    tried, reference = compare(case, change), case.ask(ground).reference
    learns = tried.after < (1 - 0.5 * least) * reference
    if not learns or not (tried.is_better(least) or also(tried)):
        return None
    gain = min(tried.gain, tried.whole_gain)
    share = min(1.0, max(0.0, gain * reference / max(reference - tried.after, 1e-12)))
    return Undone(gain=gain, share=share, whole=tried.whole, after=tried.after, steps=tried.steps)


def _by_whole(case: Case, change: Callable[[Setup], Setup], least: float, may_blow_up: bool) -> Undone | None:
    try:
        blew_up = not case.ask(achieved) < BLOWN * case.ask(ground).reference
        tried = whole_trial(case, change, seconds=SECONDS) if has_room(case) and (may_blow_up or not blew_up) else None
    except CannotJudgeError:
        return None
    if tried is None or not tried.is_better(least):
        return None
    return Undone(gain=tried.gain, share=tried.share, whole=case.ask(achieved), after=tried.after, steps=tried.steps)


def _is_outdone(case: Case, found: Undone) -> bool:
    try:
        sweep = case.ask(rate_sweep)
    except CannotJudgeError:
        return False
    factor, loss = sweep.best(higher=False)
    return factor != 1.0 and sweep.reference - found.after < RECOVERS * (sweep.reference - loss)
