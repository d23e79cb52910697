"""A training of a copy with one thing changed, as long as the user's whole training at most, beside that training.

What is somewhat wrong may win the first steps and lose afterwards: steps too long for the end of the way, momentum that
takes hundreds of steps to build up. Short trials do not see that. The changed copy never has more steps than the whole
training had, so what it gains is no gain of training longer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.ordinary_loop import train_stretch
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.ground import FEWEST_STEPS, Ground, ground, losses_of
from whet.diagnosis.probes.rate_sweep import peak_rates
from whet.diagnosis.probes.seen import end_of, seen, trained, undivided
from whet.diagnosis.probes.short_runs import as_reason
from whet.diagnosis.probes.trials import own_trial
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError

__all__ = ["WholeTrial", "has_room", "whole_trial"]

LEFT = 0.15  # share of the reference that the whole training must have left, for anything to be gained
MOST_STEPS = 600
SECONDS = 4.0
SHARE = 0.25  # of the time left
CAP = 10.0  # times the reference: how far a loss is above that does not matter
SURE = 3.0  # standard errors
BEYOND = 0.3  # share of the gain that must be there on examples not trained on


@dataclass(frozen=True, kw_only=True)
class WholeTrial:
    """Losses after the whole training, and after as many steps or fewer with the change."""

    before: float  # loss on training batches after the whole training, at most ten times the reference
    after: float  # with the change
    noise: float  # standard error of the difference
    valid_gain: float | None  # how much lower the loss on other examples is with the change; None: not known
    reference: float  # loss of a constant answer, or at the start
    steps: int

    @property
    def gain(self) -> float:
        """In shares of the reference."""
        return (self.before - self.after) / self.reference

    @property
    def share(self) -> float:
        """Lost of what the loss falls by with the change, in [0, 1]; 1 where the whole training learnt nothing."""
        return float(np.clip((self.before - self.after) / max(self.reference - self.after, 1e-12), 0.0, 1.0))

    def is_better(self, least: float) -> bool:
        """By ``least`` of the reference, beyond noise, and on other examples too: learning by heart is no gain."""
        beyond = self.valid_gain is None or self.valid_gain > BEYOND * (self.before - self.after)
        learns = self.after < (1 - least) * self.reference
        return beyond and learns and self.gain > max(least, SURE * self.noise / self.reference)


def has_room(case: Case) -> bool:
    """Whether the whole training has left anything to be gained."""
    base = case.ask(ground)
    return float(_before(case, base).mean()) > LEFT * base.reference


def whole_trial(case: Case, change: Callable[[Setup], Setup], *, seconds: float = SECONDS) -> WholeTrial:
    """Train a copy with ``change`` at the peak of the user's rates, without a schedule; ``seconds`` at most."""
    base, most = case.ask(ground), min(MOST_STEPS, len(seen(case).steps))
    seconds = min(seconds, SHARE * case.left_s())
    if case.setup is None or case.ask(batches).reads_once:
        raise CannotJudgeError("the data can be read only once: no second training")
    if seconds < FEWEST_STEPS * base.step_s * base.shrunk:
        raise CannotJudgeError(f"a step takes {1000 * base.step_s * base.shrunk:.0f} ms: no time for a second training")
    setup = replace(base.setup.copy(), train=case.setup.train)
    for group, rate in zip(setup.optimizer.param_groups, peak_rates(case)):
        group["lr"] = rate
    setup = change(setup)
    until = time.monotonic() + seconds
    with as_reason("a training with a setting changed"):
        made = train_stretch(setup, steps=most, until=until).losses
    cap = CAP * base.reference
    measured = np.minimum(losses_of(setup, base.measured), cap)
    before = np.minimum(_before(case, base), cap)
    # a watched training has seen its losses with dropout, so they are compared as seen
    after = measured if case.trace is None else np.minimum([end_of(np.array(made, dtype=np.float64))], cap)
    spread = before - after if case.trace is None else measured
    return WholeTrial(
        before=float(before.mean()),
        after=float(after.mean()),
        noise=float(spread.std(ddof=1) / np.sqrt(len(spread))) if len(spread) > 1 else 0.02 * base.reference,
        valid_gain=_valid_gain(case, setup, base),
        reference=base.reference,
        steps=len(made),
    )


def _before(case: Case, base: Ground) -> np.ndarray:
    """(batches,) losses after the whole training; (1,) of a watched one."""
    if case.trace is not None:
        return np.array([end_of(case.trace.losses()) / undivided(case.trace)])
    return losses_of(trained(case).setup.copy(), base.measured)


def _valid_gain(case: Case, setup: Setup, base: Ground) -> float | None:
    """Of a watched training the trained model is not at hand here: a short trial stands for it."""
    if not base.valid:
        return None
    whole = case.ask(own_trial).valid if case.trace is not None else losses_of(trained(case).setup.copy(), base.valid)
    cap = CAP * base.reference
    return float((np.minimum(whole, cap) - np.minimum(losses_of(setup, base.valid), cap)).mean())
