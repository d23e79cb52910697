"""Learning rate too low: the training is sound but so slow that it ends before it has learnt.

With the user's parts: a short training of a copy at a higher rate gets much further down than the whole of the user's
training. A trained model near its optimum, a hard task and a warm-up are silent: there a higher rate gains nothing, or
what counts is the peak of the schedule. A network that knows most of it from the start is tuned slowly on purpose:
never severe. A parameter group with fresh weights, whose rate is next to nothing beside that of the others, is too low
by itself; a trained body under a new head is meant so. From a watched loop alone: the weights hardly move, though
gradients are there, and the loss hardly falls though it slopes.
Source: Goodfellow et al., "Deep Learning", 2016, section 11.4.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.probes.ground import Ground, ground
from whet.diagnosis.probes.moves import moves
from whet.diagnosis.probes.rate_evidence import rate_evidence, rate_plot
from whet.diagnosis.probes.rate_sweep import RateSweep, rate_sweep
from whet.diagnosis.probes.seen import fall_of, planned_steps, seen
from whet.diagnosis.probes.slow_groups import RATIO, SlowGroups, slow_groups
from whet.diagnosis.probes.trials import achieved, compare
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.setup import Setup
from whet.diagnosis.symptoms import RESULT
from whet.finding import Finding

__all__ = ["LearningRateTooLow"]

SOURCE = 'Goodfellow, Bengio and Courville, "Deep Learning", 2016, section 11.4.1'

KNOWS = 0.9  # of a constant answer's loss: a network that starts below it has been trained before


@dataclass(frozen=True, kw_only=True)
class LearningRateTooLow:
    """A higher rate gets much further in fewer steps."""

    title: str = "learning rate too low"
    stage: Stage = "during"
    explains: frozenset[str] = RESULT | frozenset({"flat_loss", "underfitting", "below_baseline", "stopped_early"})
    attainable: float = 0.1  # of the loss at the start, that the better rate must take off it
    beyond: float = 0.3  # share of that gain which must be there on examples not trained on
    share: float = 0.35  # of what the better rate takes off in a short training: less in a whole one is too slow
    severe: float = 0.2  # share below which the training is as good as lost
    known: float = 0.5  # of the way from a constant answer to the better rate's loss, made already: no more than a word
    nearly: float = 0.8  # and from here on silence
    move: float = 1e-6  # of a weight's norm in the largest step; 1e-5 (D14) is common near an optimum
    fall: float = 0.02  # of the loss in a whole watched training
    fewest: int = 30  # steps of a watched training without parts to experiment on

    def check(self, case: Case) -> Iterable[Finding]:
        """Experiment where there are parts, else read the trace."""
        if case.setup is None:
            yield from self._by_trace(case)
            return
        slow = case.ask(slow_groups)
        if slow is not None:
            yield self._of_groups(case, slow)
        else:
            yield from self._by_experiment(case)

    def _of_groups(self, case: Case, slow: SlowGroups) -> Finding:
        """Severe where the same short training gains by giving those groups the largest group's rate."""
        tried = compare(case, _evened(slow))
        gains = tried.gain > max(self.attainable, 3 * tried.noise) and (tried.valid_gain or tried.gain) > 0
        helps = gains and tried.whole_gain > 0
        severity = 0.75 + 0.15 * slow.share if helps else 0.4 if gains else 0.15 + 0.25 * slow.share
        shown = ", ".join(repr(n) for n in slow.names[:3])
        more = f" and {len(slow.names) - 3} more" if len(slow.names) > 3 else ""
        return Finding(
            symptom="learning_rate_too_low",
            title=f"{self.title} in a parameter group",
            severity=severity,
            confidence=0.9,
            statement=f"A parameter group has the learning rate {slow.rate:.2g} beside {slow.largest:.2g} of the "
            f"largest, and its weights ({100 * slow.share:.0f} % of all) are as an initialiser left them: "
            f"{shown}{more}. After {tried.steps} steps the loss is {tried.before:.3g}; "
            f"with one rate for all {tried.after:.3g}.",
            evidence={
                "rule": "D14",
                "value": slow.rate / slow.largest,
                "threshold": RATIO,
                "rate": slow.rate,
                "largest_rate": slow.largest,
                "share": slow.share,
                "gain": tried.gain,
                "groups": slow.groups,
            },
            where=f"parameter {slow.names[0]!r}" + (" and others" if len(slow.names) > 1 else ""),
            cures=("raise_rate",),
            advice=f"Set lr={slow.largest:.2g} in that group of the optimizer (it is {slow.rate:.2g}).",
            source=SOURCE,
        )

    def _by_experiment(self, case: Case) -> Iterable[Finding]:
        base = case.ask(ground)
        start = float(base.start.mean())
        if base.setup.was_trained and not base.began_anew and start < 0.5 * base.reference:
            return
        sweep, whole = case.ask(rate_sweep), case.ask(achieved)
        factor, loss = sweep.best(higher=True)
        gain = start - loss
        if factor == 1.0 or gain <= max(self.attainable * start, 3 * sweep.noise(factor)):
            return
        if not np.isfinite(whole) or sweep.own > 1.05 * start:
            return  # it came apart: not for slowness
        beyond = sweep.valid_gain(factor)
        if beyond is not None and not beyond > self.beyond * gain:
            return  # learnt by heart, which is no gain
        own = self._whole_gain(case, start, min(whole, sweep.own))
        share = own / gain
        known = _known(base, min(whole, start), loss)
        if share < self.share and start - sweep.own < self.share * gain and known < self.nearly:
            yield self._finding(sweep, factor, loss, whole, max(share, 0.0), most=0.45 if known > self.known else 1.0)

    def _whole_gain(self, case: Case, start: float, whole: float) -> float:
        """What the user's training takes off the loss, carried on in a straight line where our clock cut it short."""
        longer = planned_steps(case) / max(1, len(seen(case).steps))
        return (start - whole) * max(1.0, longer)

    def _finding(
        self, sweep: RateSweep, factor: float, loss: float, whole: float, share: float, *, most: float
    ) -> Finding:
        better = sweep.own_rate * factor
        severity = min(most, 0.9 if share < 0.5 * self.severe else 0.75 if share < self.severe else 0.5)
        return Finding(
            symptom="learning_rate_too_low",
            title=self.title,
            severity=severity,
            confidence=0.95 if share < self.severe else 0.75,
            statement=f"At the learning rate {sweep.own_rate:.2g} the whole training takes the loss from "
            f"{sweep.start:.3g} "
            f"to {whole:.3g}; at {better:.2g} only {sweep.steps} steps take it to {loss:.3g}.",
            evidence={
                "rule": "D14",
                "value": share,
                "threshold": self.share,
                **rate_evidence(sweep, factor, loss, whole),
            },
            where="optimizer",
            cures=("raise_rate", "train_longer"),
            advice=f"Set lr={better:.2g} in the optimizer (it is {sweep.own_rate:.2g}).",
            source=SOURCE,
            plot=rate_plot(sweep),
        )

    def _by_trace(self, case: Case) -> Iterable[Finding]:
        trace = seen(case)
        fall, sizes = fall_of(trace), moves(trace)
        if len(trace.steps) < self.fewest or fall is None or sizes is None:
            return
        step = float(np.max(sizes))
        if not 0 < step < self.move or not self._stays(trace.losses()) or not self._has_gradients(case):
            return
        rate = max([r for s in trace.steps for r in s.rates], default=float("nan"))
        yield Finding(
            symptom="learning_rate_too_low",
            title=self.title,
            severity=0.65,  # without an experiment nobody knows where it should have got
            confidence=0.7,
            statement=f"No step moves the weights by more than {step:.1e} of their size (1e-3 is usual), and the loss "
            f"fell by {100 * fall:.1f} % in {len(trace.steps)} steps at a learning rate of {rate:.2g}.",
            evidence={
                "rule": "D14",
                "value": step,
                "threshold": self.move,
                "rate": rate,
                "better_rate": rate * 1e-3 / step,
            },
            where="optimizer",
            cures=("raise_rate",),
            advice=f"Raise lr in the optimizer, first to {100 * rate:.2g}.",
            source=SOURCE,
        )

    def _stays(self, losses: np.ndarray) -> bool:
        """Whether the second half is where the first half was, but for noise and next to nothing."""
        finite = losses[np.isfinite(losses)]
        first, last = np.array_split(finite, 2)
        error = float(np.hypot(first.std() / np.sqrt(len(first)), last.std() / np.sqrt(len(last))))
        return abs(float(first.mean() - last.mean())) < max(self.fall * abs(float(first.mean())), 3 * error)

    def _has_gradients(self, case: Case) -> bool:
        """Relative to the weights: what an optimum does not have."""
        sizes = [
            p.gradient / p.weight
            for s in seen(case).looked_at
            for p in s.parameters.values()
            if p.gradient is not None and p.weight > 0
        ]
        return bool(sizes) and float(np.median(sizes)) > 1e-3


def _known(base: Ground, whole: float, better: float) -> float:
    """How much of the way from a constant answer to the better loss is made; 0 where the start knew nothing."""
    if base.chance is None or not float(base.start.mean()) < KNOWS * base.chance or better >= base.chance:
        return 0.0
    return (base.chance - whole) / (base.chance - better)


def _evened(slow: SlowGroups) -> Callable[[Setup], Setup]:
    def change(setup: Setup) -> Setup:
        for number in slow.groups:
            setup.optimizer.param_groups[number]["lr"] = slow.largest
        return setup

    return change


rules.register("learning_rate_too_low")(LearningRateTooLow())
