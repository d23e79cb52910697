"""Scheduler misused: the learning rate does not go the way that was meant.

Four things are seen: a scheduler that is never stepped; a rate that is next to nothing long before the end (a schedule
counted in epochs but stepped per batch); a rate that swings up and down within an epoch; a one-cycle schedule that ends
far from its last step. A rate that reaches zero at the end, restarts and cycles of some epochs are healthy, and so is a
schedule that lowers the rate when the loss stands still.
Source: PyTorch documentation, torch.optim, "How to adjust learning rate".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch.optim import lr_scheduler

from whet.diagnosis.case import Case
from whet.diagnosis.probes.seen import epoch_length, planned_steps, seen, watched
from whet.diagnosis.rule import Stage, rules
from whet.finding import Finding, Line, Plot
from whet.watching.trace import Trace

__all__ = ["SchedulerMisused"]


@dataclass(frozen=True, kw_only=True)
class SchedulerMisused:
    """The way of the first group's rate."""

    nothing: float = 1e-3  # of the peak: a rate at which nothing is learnt
    early: float = 0.4  # share of the planned training, before which it should not be there
    fewest: int = 20  # steps
    low: float = 0.05  # of the peak: the bottom of a swing
    swings: int = 3  # full ones, each within half an epoch
    part: float = 0.5  # of a one-cycle schedule that should at least be over at the end
    epochs: float = 2.0  # after which a scheduler should have been stepped

    title: str = "scheduler misused"
    stage: Stage = "during"
    explains: frozenset[str] = frozenset(
        {"learning_rate_too_low", "flat_loss", "underfitting", "below_baseline", "stopped_early", "oscillation"}
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        if case.trace is None and (case.setup is None or case.setup.scheduler is None):
            return
        trace = seen(case)
        rates = np.array([s.rates[0] for s in trace.steps if s.rates], dtype=np.float64)
        if len(rates) < self.fewest or rates.max() <= 0:
            return
        scheduler = None if case.setup is None else case.setup.scheduler
        for text, value, threshold, severity, advice in (
            self._never_stepped(case, trace),
            self._collapsed(case, rates, scheduler),
            self._swinging(case, trace, rates, scheduler),
            self._unfinished(case, rates, scheduler),
        ):
            if text:
                yield self._finding(text, value, threshold, severity, advice, rates)
                return

    def _never_stepped(self, case: Case, trace: Trace) -> _Fault:
        per_epoch = trace.steps_per_epoch
        long = len(trace.steps) >= (self.epochs * per_epoch if per_epoch else 200)
        if watched(case) is None or trace.scheduler_steps != 0 or not long:
            return _NONE
        text = f"There is a scheduler, and its step() was never called in {len(trace.steps)} steps."
        return (
            text,
            0.0,
            1.0,
            0.5,
            "Call scheduler.step() once after every epoch (or after every step if it counts steps).",
        )

    def _collapsed(self, case: Case, rates: np.ndarray, scheduler: Any) -> _Fault:
        if isinstance(scheduler, lr_scheduler.ReduceLROnPlateau):
            return _NONE
        tiny = rates < self.nothing * rates.max()
        peak = int(np.argmax(rates))
        from_there = len(rates) - int(np.argmin(tiny[::-1])) if not tiny.all() else 0
        share = from_there / max(planned_steps(case), len(rates))
        if not tiny[-1] or peak > from_there or share >= self.early or len(rates) - from_there < 5:
            return _NONE
        text = f"The learning rate falls from {rates.max():.2g} to less than {self.nothing * rates.max():.1g} at step "
        text += f"{from_there} and stays there: {100 * (1 - share):.0f} % of the training learns nothing."
        return text, share, self.early, 0.85, _PER_EPOCH

    def _swinging(self, case: Case, trace: Trace, rates: np.ndarray, scheduler: Any) -> _Fault:
        meant = (lr_scheduler.CyclicLR, lr_scheduler.CosineAnnealingWarmRestarts, lr_scheduler.OneCycleLR)
        per_epoch = epoch_length(case) or (len(rates) / len(trace.rates_by_epoch) if trace.rates_by_epoch else None)
        if per_epoch is None or isinstance(scheduler, meant):
            return _NONE
        low = rates < self.low * rates.max()
        high = rates > 0.5 * rates.max()
        bottoms = _alternations(low, high)
        if bottoms < self.swings or len(rates) / bottoms > 0.5 * per_epoch:
            return _NONE
        text = (
            f"The learning rate goes down to next to nothing and up again {bottoms} times in {len(rates)} steps, every "
        )
        text += f"{len(rates) / bottoms:.0f} steps, while an epoch has {per_epoch:.0f}."
        return text, bottoms, self.swings, 0.6, _PER_EPOCH

    def _unfinished(self, case: Case, rates: np.ndarray, scheduler: Any) -> _Fault:
        if not isinstance(scheduler, lr_scheduler.OneCycleLR):
            return _NONE
        planned = max(planned_steps(case), len(rates))
        assert case.setup is not None
        per_step = _moves_per_step(rates) if case.trace is not None else case.setup.loop.schedule_every == "step"
        moves = planned if per_step else planned / (epoch_length(case) or planned)
        share = moves / scheduler.total_steps
        if share >= self.part:
            return _NONE
        text = f"The one-cycle schedule has {scheduler.total_steps} steps, and the training makes {moves:.0f} of them: "
        text += f"the rate gets no further than {rates.max():.2g}."
        return text, share, self.part, 0.75, f"Pass total_steps={moves:.0f} to OneCycleLR, or step it once per batch."

    def _finding(
        self, text: str, value: float, threshold: float, severity: float, advice: str, rates: np.ndarray
    ) -> Finding:
        x = tuple(map(float, range(len(rates))))
        return Finding(
            symptom="scheduler_misused",
            title=self.title,
            severity=severity,
            confidence=0.85,
            statement=text,
            evidence={"rule": "scheduler", "value": value, "threshold": threshold, "peak": float(rates.max())},
            where="scheduler",
            cures=("ordinary_loop", "constant_rate"),
            advice=advice,
            source='PyTorch documentation, torch.optim, "How to adjust learning rate"',
            plot=Plot(
                title="Learning rate",
                x="step",
                y="rate",
                lines=(Line(name="rate", x=x, y=tuple(map(float, rates))),),
            ),
        )


_Fault = tuple[str, float, float, float, str]  # text, value, threshold, severity, advice
_NONE: _Fault = ("", 0.0, 0.0, 0.0, "")
_PER_EPOCH = "Call scheduler.step() once per epoch, or count its period (T_max, step_size, gamma) in steps."


def _alternations(low: np.ndarray, high: np.ndarray) -> int:
    """How often a low is followed by a high."""
    count, was_low = 0, False
    for is_low, is_high in zip(low, high):
        if is_low:
            was_low = True
        elif is_high and was_low:
            count, was_low = count + 1, False
    return count


def _moves_per_step(rates: np.ndarray) -> bool:
    return float(np.mean(np.diff(rates) != 0)) > 0.5


rules.register("scheduler_misused")(SchedulerMisused())
