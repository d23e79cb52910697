"""Learning rate too high: steps overshoot, so the loss jumps, climbs or stays at chance.

With the user's parts this is an experiment: short trainings of copies at lower rates, over the same batches. It speaks
only where a lower rate gets clearly below what the user's rate reached in as many steps AND in the whole training. A
rate that wins the first steps and loses later is found by a longer trial, as long as the whole training at most. How
severe it is follows what it costs: the share lost of what the loss could have fallen by. A training that spends a good
part of its steps above a constant answer's loss, while a lower rate learns, has lost these steps even where the rest of
them brings most of it back.
From a watched loop alone it speaks where the loss has climbed and steps move weights by more than a tenth of their
size. Source: Goodfellow et al., "Deep Learning", 2016, section 11.4.1; Smith, "Cyclical Learning Rates", WACV 2017
(range test).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from torch import nn

from whet.diagnosis.case import Case
from whet.diagnosis.probes.ground import ground
from whet.diagnosis.probes.leaps import leaps
from whet.diagnosis.probes.lower_for_long import FACTOR, lower_for_long
from whet.diagnosis.probes.moves import moves
from whet.diagnosis.probes.rate_evidence import rate_evidence, rate_plot
from whet.diagnosis.probes.rate_sweep import CAP, RateSweep, rate_sweep
from whet.diagnosis.probes.seen import breaks_by_itself, end_of, fall_of, seen, start_of, undivided
from whet.diagnosis.probes.trials import achieved
from whet.diagnosis.probes.whole_trial import WholeTrial
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import COURSE, RESULT
from whet.errors import CannotJudgeError
from whet.finding import Finding

__all__ = ["LearningRateTooHigh"]

SOURCE = 'Smith, "Cyclical Learning Rates for Training Neural Networks", WACV 2017, section 3.3 (range test)'
CURES = ("lower_rate", "clip_gradients", "standardise_inputs")
QUICKER = 0.75  # of the steps, in which a lower rate gets as far
SMOOTH = 5  # steps whose mean loss is compared with a constant answer's


@dataclass(frozen=True, kw_only=True)
class LearningRateTooHigh:
    """A lower rate gets lower."""

    title: str = "learning rate too high"
    stage: Stage = "during"
    explains: frozenset[str] = (
        COURSE
        | RESULT
        | frozenset(
            {"non_finite", "exploding", "dead_units", "saturation", "flat_loss", "oscillation", "underfitting"}
            | {"below_baseline", "vanishing", "normalisation_gap"}
        )
    )
    least: float = 0.1  # of the reference loss, that a lower rate must gain
    severe: float = 0.25  # the gain from which the rate spoils the training
    share: float = 0.3  # of what the loss could have fallen by: so much lost counts, where the gain is small itself
    small: float = 0.04  # of the reference loss: a gain below that does not matter, whatever share it is
    above: float = 0.2  # share of the steps with a loss above that of a constant answer: these are lost
    early: float = 0.2  # of the reference loss, that a lower rate then must gain over a short training
    move: float = 0.1  # of a weight's norm in one step: 100 times the usual 1e-3 (D14)
    climb: float = 1.5  # times the loss at the beginning, at the end: without parts to experiment on

    def check(self, case: Case) -> Iterable[Finding]:
        """Experiment where there are parts and time, else read the trace."""
        if case.setup is None:
            return self._by_trace(case)
        try:
            return list(self._by_experiment(case))
        except CannotJudgeError:
            found = list(self._by_trace(case))
            if found:
                return found
            raise

    def _by_experiment(self, case: Case) -> Iterable[Finding]:
        if breaks_by_itself(seen(case)):
            return  # a loss that cannot be computed at some outputs is no matter of the rate
        sweep, whole = case.ask(rate_sweep), case.ask(achieved)
        factor, loss = sweep.best(higher=False)
        cap = CAP * sweep.reference
        short = (sweep.level(1.0) - loss) / sweep.reference
        gain = min(short, (min(whole, cap) - loss) / sweep.reference)
        blew_up = self._blew_up(case)
        if blew_up:  # the first steps went well and it came apart later
            gain = max(gain, (min(whole, cap) - loss) / sweep.reference - self.least) if short > 0 else gain
        beyond = sweep.valid_gain(factor, over=1.0) if factor != 1.0 else None
        generalises = beyond is None or not beyond < 0  # infinite and NaN where the user's rate diverged
        if factor != 1.0 and generalises and self._counts(sweep, factor, loss, gain):
            yield self._finding(case, sweep, factor, loss, whole, gain)
        else:
            yield from self._by_longer(case, sweep)

    def _counts(self, sweep: RateSweep, factor: float, loss: float, gain: float) -> bool:
        noise = 3 * sweep.noise(factor) / sweep.reference
        if gain > max(self.least, noise):
            return True
        return gain > max(self.small, noise) and _share_lost(sweep, loss, gain) > self.share

    def _by_longer(self, case: Case, sweep: RateSweep) -> Iterable[Finding]:
        """What wins the first steps may lose the training."""
        try:
            found = case.ask(lower_for_long)
        except CannotJudgeError:
            return
        if found is not None and (found.is_better(self.least) or self._lost_steps(case, sweep, found)):
            yield self._finding(case, sweep, FACTOR, found.after, found.before, found.gain, longer=found)

    def _lost_steps(self, case: Case, sweep: RateSweep, found: WholeTrial) -> bool:
        """A good part of the steps above a constant answer's loss, where a lower rate learns, and an end no better."""
        base, losses = case.ask(ground), seen(case).losses() / undivided(seen(case))
        is_quicker = found.gain > 0 and found.steps <= QUICKER * len(losses)
        if base.chance is None or FACTOR not in sweep.trials or not (found.gain > self.small or is_quicker):
            return False
        smooth = np.convolve(losses, np.ones(SMOOTH) / SMOOTH, mode="valid")
        above = float(np.mean(~(smooth <= 1.05 * base.chance))) if len(smooth) else 0.0
        lower = sweep.trials[FACTOR]
        gain = (sweep.level(1.0) - lower.loss) / sweep.reference
        wins = gain > max(self.early, 3 * sweep.noise(FACTOR) / sweep.reference)
        by_heart = found.valid_gain is not None and found.valid_gain < -found.noise
        return above >= self.above and wins and not by_heart

    def _blew_up(self, case: Case) -> bool:
        losses = seen(case).losses()
        end, start = end_of(losses), start_of(losses)
        return bool(not np.isfinite(end) or end > 2 * start)

    def _cures(self, case: Case) -> tuple[str, ...]:
        """Where a recurrent network breaks by single leaps its rate is right between them: clipping comes first."""
        assert case.setup is not None
        is_recurrent = any(isinstance(m, nn.RNNBase | nn.RNNCellBase) for m in case.setup.model.modules())
        first = ("clip_gradients", "lower_rate") if is_recurrent and leaps(seen(case)) else CURES[:2]
        return *first, CURES[2]

    def _finding(
        self,
        case: Case,
        sweep: RateSweep,
        factor: float,
        loss: float,
        whole: float,
        gain: float,
        *,
        longer: WholeTrial | None = None,
    ) -> Finding:
        better = sweep.own_rate * factor
        share = _share_lost(sweep, loss, gain)
        steps = sweep.steps if longer is None else longer.steps
        return Finding(
            symptom="learning_rate_too_high",
            title=self.title,
            severity=self._severity(gain, share, longer),
            confidence=float(min(0.98, 0.8 + 0.1 * gain / self.severe)),
            statement=f"At the learning rate {sweep.own_rate:.2g} the loss is {sweep.own:.3g} after {sweep.steps} "
            f"steps and {whole:.3g} after the whole training; at {better:.2g} it is {loss:.3g} after {steps} steps.",
            evidence={
                "rule": "D14",
                "value": gain,
                "threshold": self.least,
                "share_lost": share,
                **rate_evidence(sweep, factor, loss, whole),
                "steps": steps,
            },
            where="optimizer",
            cures=self._cures(case),
            advice=f"Set lr={better:.2g} in the optimizer (it is {sweep.own_rate:.2g}).",
            source=SOURCE,
            plot=rate_plot(sweep),
        )

    def _severity(self, gain: float, share: float, longer: WholeTrial | None) -> float:
        """By what is lost; a loss that is gone for good in a short trial too is no less grave where little is left."""
        by_share = max(0.35 + 0.6 * share, 0.5 if longer is not None and gain <= self.least else 0.0)
        return float(min(0.95, by_share if longer is not None else max(by_share, 0.5 + 0.2 * gain / self.severe)))

    def _by_trace(self, case: Case) -> Iterable[Finding]:
        trace = seen(case)
        fall, sizes = fall_of(trace), moves(trace)
        if fall is None or sizes is None or not sizes.size:
            return
        step = float(np.median(sizes))
        if -fall < self.climb - 1 or step <= self.move:
            return
        rate = max([r for s in trace.steps for r in s.rates], default=float("nan"))
        end, start = end_of(trace.losses()), start_of(trace.losses())
        yield Finding(
            symptom="learning_rate_too_high",
            title=self.title,
            severity=0.85,
            confidence=0.75,
            statement=f"Steps move the weights by {100 * step:.0f} % of their size, and the loss went from {start:.3g} "
            f"to {end:.3g} at a learning rate of {rate:.2g}.",
            evidence={
                "rule": "D14",
                "value": step,
                "threshold": self.move,
                "rate": rate,
                "better_rate": rate * 1e-3 / step,
            },
            where="optimizer",
            cures=("lower_rate", "clip_gradients"),
            advice=f"Lower lr in the optimizer, first to {0.1 * rate:.2g}.",
            source=SOURCE,
        )


def _share_lost(sweep: RateSweep, loss: float, gain: float) -> float:
    """Of what the loss falls by at the better rate, in [0, 1]: 1 where the user's rate learns nothing."""
    attainable = max(sweep.reference - loss, gain * sweep.reference, 1e-12)
    return float(min(1.0, gain * sweep.reference / attainable))


rules.register("learning_rate_too_high")(LearningRateTooHigh())
