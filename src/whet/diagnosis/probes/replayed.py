"""The same training twice, side by side: at the rates that a schedule went through, and at a constant rate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.ground import FEWEST_STEPS, ground
from whet.diagnosis.probes.trials import Trial, trial
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError

__all__ = ["Replay", "replay"]

MOST = 1500  # steps of one of the two
SHARE = 0.12  # of the time left, for one of the two
CAP = 10.0  # times the reference loss


@dataclass(frozen=True, kw_only=True)
class Replay:
    """Gains of the constant rate, as shares of the reference loss; positive is better."""

    gain: float
    noise: float  # standard error over batches
    valid_gain: float | None  # on examples not trained on
    scheduled: float  # loss at the rates of the schedule
    constant: float
    steps: int

    def is_better(self, least: float) -> bool:
        """Clearly, and not at the expense of validation."""
        return self.gain > max(least, 3 * self.noise) and (self.valid_gain is None or self.valid_gain > 0.5 * least)


def replay(
    case: Case,
    factors: Sequence[float],
    *,
    rates: Sequence[float],
    fewest: int = 2 * FEWEST_STEPS,
    squeeze: bool = False,
) -> Replay:
    """Train two copies from the beginning, with whole epochs of the user's batches.

    Args:
        factors: of ``rates``, step by step of the whole training; where time is short, only the first steps are made.
        rates: constant ones, by group.
        fewest: steps without which the comparison would say nothing.
        squeeze: where time is short, go through all factors in fewer steps.
    """
    base = case.ask(ground)
    affordable = MOST if np.isinf(case.left_s()) else int(SHARE * case.left_s() / base.step_s)
    steps = min(len(factors), MOST, affordable)
    if base.shrunk > 1 or steps < fewest:
        raise CannotJudgeError("there is no time to train twice, with the schedule and without")
    ways = np.interp(np.linspace(0, len(factors) - 1, steps), np.arange(len(factors)), factors)
    first = tuple(float(f) for f in ways) if squeeze else tuple(factors[:steps])
    scheduled = _run(case, _following(case, rates, first), steps)
    constant = _run(case, _following(case, rates, (1.0,) * steps), steps)
    most = CAP * base.reference
    apart = (np.minimum(scheduled.losses, most) - np.minimum(constant.losses, most)) / base.reference
    valid = None
    if len(constant.valid):
        better = np.minimum(scheduled.valid, most) - np.minimum(constant.valid, most)
        valid = float(better.mean()) / base.reference
    return Replay(
        gain=float(apart.mean()),
        noise=float(apart.std(ddof=1) / np.sqrt(len(apart))) if len(apart) > 1 else 0.02,
        valid_gain=valid,
        scheduled=scheduled.loss,
        constant=constant.loss,
        steps=min(scheduled.steps, constant.steps),
    )


def _run(case: Case, change: Callable[[Setup], Setup], steps: int) -> Trial:
    done = trial(case, change, steps=steps)
    if done.steps < 0.9 * steps:
        raise CannotJudgeError("a training took longer than its first steps promised")
    return done


def _following(case: Case, rates: Sequence[float], factors: Sequence[float]) -> Callable[[Setup], Setup]:
    def change(setup: Setup) -> Setup:
        whole = setup.train if case.setup is None or case.ask(batches).reads_once else case.setup.train
        follow = _Follow(setup.optimizer, rates, factors)
        follow.step()
        return replace(setup, train=whole, scheduler=follow, loop=replace(setup.loop, schedule_every="step"))

    return change


class _Follow:
    """A scheduler that sets given rates."""

    def __init__(self, optimizer: Any, rates: Sequence[float], factors: Sequence[float]) -> None:
        self._optimizer, self._rates, self._left = optimizer, rates, iter(factors)

    def step(self) -> None:
        factor = next(self._left, None)
        if factor is None:
            return  # the step after the last
        for group, rate in zip(self._optimizer.param_groups, self._rates):
            group["lr"] = rate * factor
