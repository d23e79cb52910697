"""More epochs, with the schedule stretched over them.

Helps: a loss that still falls at the end. Hurts: a network that already over-fits.
Source: Hoffer et al., "Train longer, generalize better", NeurIPS 2017.
"""

from __future__ import annotations

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
    """``times`` as many epochs."""

    title: str = "train longer"
    times: float = 4.0

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
        return told(finding, "better_epochs") or self.times * (setup_of(case).epochs or USUAL)


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
