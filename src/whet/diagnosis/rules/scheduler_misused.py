"""Scheduler misused: the learning rate does not go the way that was meant.

Six things are seen: a scheduler that is never stepped; a rate that is next to nothing long before the end (a schedule
counted in epochs but stepped per batch); a rate that swings up and down within an epoch; a one-cycle schedule that ends
far from its last step; a warm-up that is far from over when the training is; a schedule that lowers the rate when the
score stands still, and was given one that it reads the wrong way round. The last two are counted by what they cost: the
same training with and without the schedule. A rate that reaches zero at the end, restarts and cycles of some epochs are
healthy, and so is a rate that is lowered once nothing more is gained.
Source: PyTorch documentation, torch.optim, "How to adjust learning rate".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch.optim import lr_scheduler

from whet.diagnosis.case import Case
from whet.diagnosis.probes.planned_rates import planned_rates
from whet.diagnosis.probes.replayed import replay
from whet.diagnosis.probes.seen import epoch_length, planned_steps, seen, watched
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import COURSE, RATES, RESULT
from whet.errors import CannotJudgeError
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
    arrived: float = 0.2  # of its aim, that a warm-up should have reached at the end
    cut: float = 1e-2  # of the peak: a rate that a wrong reading of the score soon leads to
    costs: float = 0.1  # of the reference loss, that a constant rate must gain

    title: str = "scheduler misused"
    stage: Stage = "during"
    explains: frozenset[str] = (
        RATES
        | COURSE
        | RESULT
        | frozenset(
            {"learning_rate_too_low", "flat_loss", "underfitting", "below_baseline", "stopped_early", "oscillation"}
        )
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
        looks: tuple[Callable[[], _Fault], ...] = (
            lambda: self._never_stepped(case, trace),
            lambda: self._collapsed(case, rates, scheduler),
            lambda: self._swinging(case, trace, rates, scheduler),
            lambda: self._unfinished(case, rates, scheduler),
            lambda: self._never_arrives(case),
            lambda: self._cut_too_soon(case, trace, rates, scheduler),
        )
        for look in looks:
            text, value, threshold, severity, advice = look()
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

    def _never_arrives(self, case: Case) -> _Fault:
        try:
            plan = case.ask(planned_rates)
        except CannotJudgeError:
            return _NONE
        end, aim = float(plan.rates[-1]), plan.aim
        if not plan.rises or end >= self.arrived * aim or case.setup is None:
            return _NONE
        factors = np.interp(np.linspace(0, 1, planned_steps(case)), np.linspace(0, 1, len(plan.rates)), plan.rates)
        groups = case.setup.optimizer.param_groups
        rates = [aim / plan.base * float(g.get("initial_lr", g["lr"])) for g in groups]
        text = (
            f"The warm-up is not over when the training is: the learning rate ends at {end:.2g} and is on its way to "
        )
        text += f"{aim:.2g}."
        advice = f"Let the warm-up take a tenth of the training ({max(1, (len(plan.rates) - 1) // 10)} of its "
        advice += f"{len(plan.rates) - 1} moves), or step it once per batch if it counts batches."
        return self._by_cost(case, tuple(factors / aim), rates, text, (end / aim, self.arrived), advice, 0.25)

    def _cut_too_soon(self, case: Case, trace: Trace, rates: np.ndarray, scheduler: Any) -> _Fault:
        if not isinstance(scheduler, lr_scheduler.ReduceLROnPlateau) or watched(case) is None or case.setup is None:
            return _NONE
        low = np.flatnonzero(rates <= 1.001 * self.cut * rates[0])
        if not len(low) or len(rates) != trace.steps[-1].index + 1 or low[0] < 1:
            return _NONE
        text = f"ReduceLROnPlateau has cut the learning rate from {rates[0]:.2g} to {rates[-1]:.2g}, to a hundredth by "
        text += f"step {low[0]} of {len(rates)}; it takes the score that it is given for one to be "
        text += f"{'made smaller' if scheduler.mode == 'min' else 'made larger'}."
        other = "max" if scheduler.mode == "min" else "min"
        advice = f'Pass mode="{other}" if it is given {"an accuracy" if other == "max" else "a loss"}; else raise '
        advice += f"patience (it is {scheduler.patience})."
        peaks = [max(r) for r in zip(*(s.rates for s in trace.steps if s.rates))]
        share = (float(low[0] / len(rates)), 1.0)
        return self._by_cost(case, tuple(rates / rates[0]), peaks, text, share, advice, 0.0, fewest=int(1.5 * low[0]))

    def _by_cost(
        self,
        case: Case,
        factors: tuple[float, ...],
        rates: Sequence[float],
        text: str,
        value: tuple[float, float],
        advice: str,
        harmless: float,
        *,
        fewest: int = 24,
    ) -> _Fault:
        """Severity by what a constant rate gains; ``harmless`` where it gains nothing."""
        try:
            tried = replay(case, factors, rates=rates, fewest=fewest, squeeze=bool(harmless))
        except CannotJudgeError:
            return (text, *value, 0.4, advice) if harmless else _NONE
        if not tried.is_better(self.costs):
            return (text, *value, harmless, advice) if harmless else _NONE
        text += f" {tried.steps} steps at a constant {rates[0]:.2g} take the loss to {tried.constant:.3g}; with the "
        text += f"schedule it is {tried.scheduled:.3g}."
        return text, *value, float(np.clip(0.5 + tried.gain, 0.6, 0.9)), advice

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
            cures=("constant_rate",)
            if text.startswith(("The warm-up", "ReduceLR"))
            else ("ordinary_loop", "constant_rate"),
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
