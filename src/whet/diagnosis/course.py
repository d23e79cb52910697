"""The course of a diagnosis: before training, a training that is watched, its outcome, and cures tried, within a time.

The time is shared: a copy trains early, so that costly experiments leave it enough. Quick experiments about what is
given may go on for two fifths of it, costly ones for three fifths, those about training for seven tenths, those about
the outcome for four fifths; cures are tried with what is left. For a slow model costly experiments about what is given
come after those about training, and all of them may go on for nine tenths.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.concluding import conclude
from whet.diagnosis.diagnosis import Diagnosis
from whet.diagnosis.judging import COSTLY, Judged, judge
from whet.diagnosis.ordinary_loop import Stretch
from whet.diagnosis.outcome import Outcome
from whet.diagnosis.probes.alarm import USED_UP, Alarm
from whet.diagnosis.probes.pace import pass_seconds
from whet.diagnosis.rule import Rule
from whet.diagnosis.setup import Setup
from whet.diagnosis.verdict import join
from whet.errors import CannotJudgeError
from whet.watching.trace import Trace

if TYPE_CHECKING:
    from whet.diagnosis.watch import Watch

__all__ = ["Course"]

SHARES = {
    "at first": 0.4,
    "before": 0.6,
    "during": 0.7,
    "after": 0.8,
}  # of the time, until which a stage may begin experiments
WITHOUT_PROOF = 1 / SHARES["after"]  # longer, where nothing is tried afterwards
LEAST_FOR_PROOF_S = 0.5
SLOW_SHARE = 0.9  # for a slow model, of which there is no time to train a corrected copy for long
SLOW = 600  # forward passes within the budget, below which costly experiments come last


class Course:
    """One diagnosis from its beginning to its end; hand over the user's parts, they are not changed."""

    def __init__(self, setup: Setup, *, watched: Watch | None, budget_s: float | None, strict: bool) -> None:
        self.began, self.budget_s = time.monotonic(), budget_s
        self.trained: Setup  # the model as the user has it now
        trace = None if watched is None else watched.trace
        initial = setup if watched is None else _as_begun(setup, watched)
        self.alarm = Alarm()
        self.trained = replace(setup, guard=self.alarm)
        self.case = Case(setup=replace(initial, guard=self.alarm), trace=trace, seed=setup.seed)
        self.judged = Judged(strict=strict)
        self.watched = watched

    def run(self, wanted: Mapping[str, Rule], *, prove: bool) -> Diagnosis:
        """Ask every rule, join what was found, and try cures with the time that is left."""
        stretch = 1.0 if prove else WITHOUT_PROOF
        cheap = {name: rule for name, rule in wanted.items() if name not in COSTLY}
        costly = {name: rule for name, rule in wanted.items() if name in COSTLY}
        self._until(SHARES["at first"] * stretch)
        judge(self.case, cheap, "before", self.judged)
        self._until(SHARES["during"] * stretch)
        why_no_trace, why_no_outcome = self._look(wanted)
        order = ("during", "before") if self._is_slow() else ("before", "during")
        for stage in order:  # a slow model has no time for both: what is seen while it trains says more
            self._until(min(1.0, (SLOW_SHARE if self._is_slow() else SHARES[stage]) * stretch))
            if stage == "before":
                judge(self.case, costly, "before", self.judged)
            else:
                judge(self.case, wanted, "during", self.judged, nothing_seen=why_no_trace)
        self._until(min(1.0, (SLOW_SHARE if self._is_slow() else SHARES["after"]) * stretch))
        judge(self.case, wanted, "after", self.judged, nothing_seen=why_no_outcome)
        self._until(1.0)
        proofs = self._prove(wanted) if prove else ()
        return conclude(
            self.case,
            self.judged,
            trace=self._trace(),
            model=type(self.trained.model).__name__,
            proofs=proofs,
            seconds=time.monotonic() - self.began,
            explains={name: rule.explains for name, rule in wanted.items()},
        )

    def _is_slow(self) -> bool:
        if self.budget_s is None:
            return False
        try:
            return SLOW * self.case.ask(pass_seconds) > self.budget_s
        except Exception:  # the model does not run: rules say why
            return False

    def _until(self, share: float) -> None:
        self.case.until = None if self.budget_s is None else self.began + share * self.budget_s
        self.alarm.until = math.inf if self.case.until is None else self.case.until

    def _look(self, wanted: Mapping[str, Rule]) -> tuple[str, str]:
        """Train a copy, or examine the model that was trained; why there is no trace, and why no outcome."""
        if not any(rule.stage in ("during", "after") for rule in wanted.values()):
            return "", ""
        try:
            with self._timed("training"):
                outcome = self._examined() if self.watched is not None else self._trained()
        except CannotJudgeError as reason:
            if reason.__cause__ is not None:  # the user's own code raised it
                if self.judged.strict:
                    raise reason.__cause__ from None
                self.judged.not_judged["training"] = str(reason)
            return ("" if self.watched is not None else str(reason)), str(reason)
        except Exception as fault:
            if self.judged.strict:
                raise
            told = " ".join(str(fault).split())[:300]
            why = f"training a copy of the model stopped with {type(fault).__name__}: {told}"
            self.judged.not_judged["training"] = why
            return ("" if self.watched is not None else why), why
        if outcome is None:
            return "", self._why_no_outcome()
        if not np.isfinite(outcome.scores).all():
            return "", "the trained model gives NaN or infinite outputs"
        self.case.outcome = outcome
        return "", ""

    def _trained(self) -> Outcome | None:
        from whet.diagnosis.probes.training import training

        return self.case.ask(training).outcome

    def _examined(self) -> Outcome | None:
        """What the user's own trained model does; how long it was trained is what was watched."""
        from whet.diagnosis.probes.examining import examinable, examine
        from whet.diagnosis.probes.goal import goal

        kind, trace = self.case.ask(goal), self.case.trace
        if kind.kind == "unknown" or trace is None:
            return None
        epochs = len(trace.steps) / trace.steps_per_epoch if trace.steps_per_epoch else 0.0
        return examine(self.trained.copy(), kind, examinable(self.case), Stretch(epochs=epochs))

    def _why_no_outcome(self) -> str:
        if self.trained.valid is None:
            return "needs validation batches; pass valid=..."
        if self.watched is None and self._goal_is_known():
            return USED_UP
        return "the loss is not one of PyTorch's, so it is not known what good predictions are"

    def _goal_is_known(self) -> bool:
        from whet.diagnosis.probes.goal import goal

        return self.case.ask(goal).kind != "unknown"

    def _trace(self) -> Trace | None:
        if self.case.trace is not None:
            return self.case.trace
        from whet.diagnosis.probes.training import training

        try:
            return self.case.ask(training).trace if "training" in self.judged.timings else None
        except Exception:  # it was raised before, where the training was asked for, and is told there
            return None

    def _prove(self, wanted: Mapping[str, Rule]) -> tuple[Any, ...]:
        verdicts = join(self.judged.findings, {name: rule.explains for name, rule in wanted.items()})
        if not verdicts or self.case.left_s() < LEAST_FOR_PROOF_S:
            return ()
        try:
            from whet.diagnosis.proving import prove

            with self._timed("proofs"):
                return tuple(prove(self.case, verdicts, until=self._end_of_trials()))
        except CannotJudgeError as reason:
            self.judged.not_judged["proofs"] = str(reason)
        except Exception as fault:
            if self.judged.strict:
                raise
            self.judged.not_judged["proofs"] = f"trying cures failed: {type(fault).__name__}: {str(fault)[:200]}"
        return ()

    def _end_of_trials(self) -> float:
        """When trainings must end, so that there is time to score them."""
        if self.case.until is None:
            return math.inf
        each, left = self.case.ask(pass_seconds), self.case.left_s()
        scoring = each * _length(self.trained.valid if self.trained.valid is not None else self.trained.train)
        if 2 * scoring + (scoring if "training" in self.judged.timings else 0.0) > left:
            raise CannotJudgeError(f"scoring a trained copy takes {scoring:.0f} s; give a larger budget")
        return self.case.until - scoring

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.judged.timings[name] = time.perf_counter() - start


def _length(loader: Any) -> int:
    from whet.diagnosis.scoring import MOST

    try:
        return min(MOST, len(loader))
    except TypeError:
        return MOST


def _as_begun(setup: Setup, watched: Watch) -> Setup:
    """A copy with the weights, the optimiser and the schedule as they were before the first watched step."""
    began, initial = setup.copy(), watched.initial
    began.model.load_state_dict(initial.model, strict=False)
    several = watched.optimizer if isinstance(watched.optimizer, list | tuple) else [watched.optimizer]
    for optimizer, state in zip(several, initial.optimizers, strict=True):
        if optimizer is setup.optimizer:
            began.optimizer.load_state_dict(state)
    if began.scheduler is not None and initial.scheduler is not None and watched.scheduler is setup.scheduler:
        began.scheduler.load_state_dict(initial.scheduler)
    return replace(began, was_trained=initial.was_trained)
