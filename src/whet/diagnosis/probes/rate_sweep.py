"""Short trainings of copies at other learning rates: is the user's rate far too high or far too low?

Whole decades up while the loss does not get clearly worse, and down until something trains. Every trial sees the same
batches in the same order, at a constant rate: schedules are left out, their peak is what counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.probes.ground import FEWEST_STEPS, ground
from whet.diagnosis.probes.trials import Trial, trial
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError

__all__ = ["RateSweep", "peak_rates", "rate_sweep"]

CAP = 10.0  # times the reference loss: how far a loss is above that does not matter
BLOWN = 5.0  # times the loss at the start, on examples not trained on: more than learning by heart does so soon
DECADES = 6  # in either direction
WORSE = 0.02  # of the reference loss: a trial that much above the best one ends a direction
FAR = (2, 1, 3, 4, 5, 6)  # decades down where the loss does not fall at all and there is time for few trials
TRIALS = 8  # that a sweep should have time for
SECONDS = 4.0  # for the whole sweep
SHARE = 0.2  # of the time left
SLOW_SHARE = 0.6  # the same for a slow model


@dataclass(frozen=True, kw_only=True)
class RateSweep:
    """Trials by factor of the user's own rate; factor 1 is always among them."""

    own_rate: float  # of the first group, at its peak
    trials: dict[float, Trial]
    start: float
    start_valid: np.ndarray
    reference: float
    steps: int

    @property
    def own(self) -> float:
        """Loss at the user's rate."""
        return self.trials[1.0].loss

    def best(self, *, higher: bool) -> tuple[float, float]:
        """(factor, loss) of the best trial at another rate of that side; (1, own) where there is none."""
        side = {f: t.score for f, t in self.trials.items() if (f > 1.0 if higher else f < 1.0)}
        if not side:
            return 1.0, self.own
        factor = min(side, key=lambda f: (side[f], abs(np.log10(f))))
        return factor, self.trials[factor].loss

    def valid_gain(self, factor: float, *, over: float = 0.0) -> float | None:
        """By how much that trial took the loss on other examples below that of trial ``over``, 0 being the start."""
        if not len(self.start_valid):
            return None
        before = float(self.start_valid.mean()) if over == 0.0 else float(self.trials[over].valid.mean())
        return before - float(self.trials[factor].valid.mean())

    def noise(self, factor: float) -> float:
        """Standard error, over batches, of the difference between that trial and the user's own rate."""
        cap = CAP * self.reference
        apart = np.minimum(self.trials[factor].losses, cap) - np.minimum(self.trials[1.0].losses, cap)
        return float(apart.std(ddof=1) / np.sqrt(len(apart))) if len(apart) > 1 else 0.02 * self.reference

    def level(self, factor: float) -> float:
        """Loss of that trial, no more than ten times the reference; where it blew up on other examples, with these."""
        found = self.trials[factor]
        blown = len(found.valid) and not float(found.valid.mean()) <= BLOWN * float(self.start_valid.mean())
        return min(found.score if blown else found.loss, CAP * self.reference)

    def rows(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """(rates, losses) in order, for a picture; NaN where it diverged."""
        factors = sorted(self.trials)
        losses = [self.trials[f].loss for f in factors]
        return tuple(self.own_rate * f for f in factors), tuple(x if np.isfinite(x) else float("nan") for x in losses)


def peak_rates(case: Case) -> tuple[float, ...]:
    """The highest rate of every group that its schedule, or what was seen, speaks of."""
    if case.setup is None:
        raise CannotJudgeError("needs the optimizer")
    rates = []
    for number, group in enumerate(case.setup.optimizer.param_groups):
        if "lr" not in group:
            raise CannotJudgeError("the optimizer has no learning rate called 'lr'")
        stated = [float(group[k]) for k in ("lr", "initial_lr", "max_lr") if group.get(k) is not None]
        used = [] if case.trace is None else [s.rates[number] for s in case.trace.steps if number < len(s.rates)]
        rates.append(max([*stated, *used]))
    return tuple(rates)


def rate_sweep(case: Case) -> RateSweep:
    """Try decades around the user's own rate."""
    base, rates = case.ask(ground), peak_rates(case)
    if not rates or max(rates) <= 0:
        raise CannotJudgeError("the learning rate is 0")
    seconds = min(SECONDS, SHARE * case.left_s()) if not base.is_slow else SLOW_SHARE * case.left_s()
    until = time.monotonic() + seconds
    steps = min(base.steps, max(FEWEST_STEPS, int(seconds / TRIALS / base.step_s)))
    lower = base.shrunk**0.5
    rates = tuple(rate / lower for rate in rates)
    trials = {1.0: trial(case, _at(rates, 1.0), steps=steps)}
    is_high = base.is_slow and trials[1.0].loss > 0.9 * float(base.start.mean())
    for sign in (-1, 1) if is_high else (1, -1):  # where there is time for one direction, the likelier one
        for decade in FAR if is_high and sign < 0 else range(1, DECADES + 1):
            if time.monotonic() + (steps * base.step_s if base.is_slow else 0.0) > until:
                break
            factor = 10.0 ** (sign * decade)
            trials[factor] = trial(case, _at(rates, factor), steps=steps)
            if _is_settled(trials, factor, base.reference, float(base.start.mean()), sign):
                break
    if base.is_slow and len(trials) == 1:
        raise CannotJudgeError(f"a step takes {1000 * base.step_s:.0f} ms: no time to try another rate")
    return RateSweep(
        own_rate=rates[0] * lower,
        trials=trials,
        start=float(base.start.mean()),
        start_valid=base.start_valid,
        reference=base.reference,
        steps=steps,
    )


def _is_settled(trials: dict[float, Trial], factor: float, reference: float, start: float, sign: int) -> bool:
    """Whether going further is of no use."""
    best = min(t.score for t in trials.values())
    is_worse = not trials[factor].score <= best + WORSE * reference
    if sign > 0:
        return is_worse
    trains = best < min(start, reference) * (1 - 5 * WORSE)  # else all of them blow up or are stuck: go on
    return is_worse and trains


def _at(rates: tuple[float, ...], factor: float) -> Callable[[Setup], Setup]:
    def change(setup: Setup) -> Setup:
        for group, rate in zip(setup.optimizer.param_groups, rates):
            group["lr"] = rate * factor
        return setup

    return change
