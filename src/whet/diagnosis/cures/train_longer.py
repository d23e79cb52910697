"""More epochs, with the schedule stretched over them.

Helps: a loss that still falls at the end. Hurts: a network that already over-fits.
Source: Hoffer et al., "Train longer, generalize better", NeurIPS 2017.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, told
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.setup import Setup
from whet.finding import Finding

__all__ = ["TrainLonger"]


USUAL = 20.0  # epochs that a diagnosis trains for where the user names none
PERIODS = ("T_max", "step_size", "total_iters", "T_0", "T_i")  # lengths that schedulers count in


@dataclass(frozen=True, kw_only=True)
class TrainLonger:
    """``times`` as many epochs; of a training that has hardly begun more, for it to become one."""

    title: str = "train longer"
    times: float = 4.0
    begun: int = 100  # steps; below, a training has hardly begun
    usual_steps: int = 1000  # of one that has not
    most_times: float = 20.0

    def applies(self, case: Case) -> bool:
        """Always: there is always a longer training."""
        return is_so(lambda: setup_of(case) is not None)

    def advice(self, case: Case, finding: Finding | None) -> str:
        """With both lengths."""
        now = setup_of(case).epochs or USUAL
        return f"epochs = {self._epochs(case, finding):g}  # was {now:g}; the scheduler's length with it"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Change how long copies train."""
        setup = setup_of(case).copy()
        times = self._epochs(case, finding) / (setup.epochs or USUAL)
        _stretch(setup.scheduler, times)
        is_fixed = type(setup.scheduler).__name__ == "OneCycleLR"  # refuses to go on after its last step
        scheduler = None if is_fixed else setup.scheduler
        return replace(setup, epochs=self._epochs(case, finding), scheduler=scheduler)

    def _epochs(self, case: Case, finding: Finding | None) -> float:
        setup = setup_of(case)
        now, per_epoch = setup.epochs or USUAL, _steps(setup)
        times = self.times
        if per_epoch is not None and now * per_epoch < self.begun:
            times = max(times, min(self.most_times, math.ceil(self.usual_steps / per_epoch) / now))
        return told(finding, "better_epochs") or times * now


def _steps(setup: Setup) -> float | None:
    """Of an epoch; None where the loader has no length."""
    try:
        return max(1.0, len(setup.train) / setup.loop.accumulate)  # type: ignore[arg-type]
    except TypeError:
        return None


def _stretch(scheduler: Any, times: float) -> None:
    for name in PERIODS:
        value = getattr(scheduler, name, None)
        if isinstance(value, int):
            setattr(scheduler, name, max(1, round(value * times)))
    if hasattr(scheduler, "milestones"):
        scheduler.milestones = type(scheduler.milestones)(
            {round(k * times): v for k, v in scheduler.milestones.items()}
            if isinstance(scheduler.milestones, dict)
            else [round(k * times) for k in scheduler.milestones]
        )


cures.register("train_longer")(TrainLonger())
