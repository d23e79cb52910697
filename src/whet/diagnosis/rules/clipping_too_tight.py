"""Clipping too tight: every gradient is cut to so small a norm that steps go nowhere.

With the parts and the norm they are clipped to: the same short training without clipping gets far below what the whole
training reached. In a watched loop: one and the same number limits the gradient at every step, its norm or the size of
its values, and a short training without it gets far below, or steps hardly move the weights. Clipping every step is
otherwise healthy (it makes steps of one length), and Adam divides it away.
Source: Zhang et al., "Why gradient clipping accelerates training", ICLR 2020.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.probes.ground import ground
from whet.diagnosis.probes.moves import moves
from whet.diagnosis.probes.seen import fall_of, watched
from whet.diagnosis.probes.trials import Comparison, achieved, compare
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.setup import Setup
from whet.diagnosis.symptoms import COURSE, RATES, RESULT
from whet.errors import CannotJudgeError
from whet.finding import Finding
from whet.watching.trace import Trace

__all__ = ["ClippingTooTight"]

SOURCE = "Zhang et al., Why gradient clipping accelerates training, ICLR 2020"


@dataclass(frozen=True, kw_only=True)
class ClippingTooTight:
    """Training without clipping is far better, or every step is clipped to next to nothing."""

    least: float = 0.15  # of the reference loss, that doing without must gain
    severe: float = 0.3
    same: float = 1e-3  # relative spread of the norms that only clipping leaves
    share: float = 0.9  # of the steps
    move: float = 1e-4  # of a weight's norm in a step: less goes nowhere
    fall: float = 0.3  # of the loss in the whole watched training: more is learning, and not the noise of batches
    fewest: int = 20  # steps of a watched loop
    norms: int = 8  # of them whose gradients were looked at

    title: str = "gradients clipped too tightly"
    stage: Stage = "during"
    explains: frozenset[str] = (
        RATES | COURSE | RESULT | frozenset({"learning_rate_too_low", "flat_loss", "underfitting", "below_baseline"})
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        if case.setup is not None and case.setup.loop.clip_norm is not None:
            yield from self._by_experiment(case, case.setup.loop.clip_norm)
        elif watched(case) is not None:
            yield from self._by_trace(case)

    def _by_experiment(self, case: Case, norm: float) -> Iterable[Finding]:
        tried = compare(case, _without)
        if tried.is_better(self.least):
            gain = min(tried.gain, tried.whole_gain)
            yield Finding(
                symptom="clipping_too_tight",
                title=self.title,
                severity=float(min(0.95, 0.4 + 0.35 * gain / self.severe)),
                confidence=0.9,
                statement=f"With gradients clipped to {norm:g} the loss is {tried.whole:.3g} after the whole training; "
                f"unclipped, {tried.steps} steps reach {tried.after:.3g} (clipped {tried.before:.3g}).",
                evidence={"rule": "clipping", "value": gain, "threshold": self.least, "clip_norm": norm},
                where="clip_grad_norm_",
                cures=("drop_clipping", "raise_rate"),
                advice=f"Clip to 1.0 instead of {norm:g} in clip_grad_norm_, or leave it out.",
                source=SOURCE,
            )

    def _by_trace(self, case: Case) -> Iterable[Finding]:
        trace = watched(case)
        assert trace is not None
        norms = np.array([s.gradient for s in trace.steps if s.gradient is not None])
        fall, sizes = fall_of(trace), moves(trace)
        if len(trace.steps) < self.fewest or sizes is None or fall is None:
            return
        step = float(np.median(sizes))
        for what, found in (("value", _largest(trace)), ("norm", norms)):
            middle = float(np.median(found)) if len(found) >= self.norms else 0.0
            share = float(np.mean(np.abs(found - middle) <= self.same * middle)) if middle > 0 else 0.0
            if middle <= 0 or share < self.share:
                continue
            tried = self._without_it(case)
            if tried is not None or (fall <= self.fall and step <= self.move):
                yield self._seen(what, middle, share, step, tried)
            return

    def _without_it(self, case: Case) -> Comparison | None:
        """A copy trained without the clipping of the user's loop, where it gets far below what that reached."""
        try:
            tried = None if case.setup is None else compare(case, lambda setup: setup)
            reference = 1.0 if case.setup is None else case.ask(ground).reference
            case.ask(achieved)
        except CannotJudgeError:
            return None
        if tried is None or tried.whole_gain <= self.least or tried.after >= (1 - self.least) * reference:
            return None
        return tried

    def _seen(self, what: str, middle: float, share: float, step: float, tried: Comparison | None) -> Finding:
        call = f"clip_grad_{what}_"
        limited = "a norm of" if what == "norm" else "no value above"
        without = (
            ""
            if tried is None
            else f" The loss is {tried.whole:.3g} after the whole training; unclipped, {tried.steps} steps reach "
            f"{tried.after:.3g}."
        )
        return Finding(
            symptom="clipping_too_tight",
            title=self.title,
            severity=0.75 if tried is None else float(min(0.95, 0.4 + 0.35 * tried.whole_gain / self.severe)),
            confidence=0.85,
            statement=f"The gradient has {limited} {middle:.3g} at {100 * share:.0f} % of the steps, so it is "
            f"clipped, and a step moves the weights by {step:.1e} of their size (1e-3 is usual).{without}",
            evidence={
                "rule": "clipping",
                "value": step,
                "threshold": self.move,
                f"clip_{what}": middle,
                "share": share,
            },
            where=call,
            cures=("drop_clipping", "raise_rate"),
            advice=f"Clip to 1.0 instead of {middle:.3g} in {call}, or leave it out.",
            source=SOURCE,
        )


def _largest(trace: Trace) -> np.ndarray:
    """(steps looked at,) the largest root mean square of a parameter's gradient; empty for a single parameter.

    Where all values of one are clipped it is the limit itself; without, or with a limit for the norm, no two steps have
    the same.
    """
    found = []
    for step in trace.looked_at:
        sizes = [
            p.gradient / np.sqrt(p.size) for p in step.parameters.values() if p.gradient is not None and p.size > 1
        ]
        found += [max(sizes)] if len(sizes) > 1 else []
    return np.array(found, dtype=np.float64)


def _without(setup: Setup) -> Setup:
    return replace(setup, loop=replace(setup.loop, clip_norm=None))


rules.register("clipping_too_tight")(ClippingTooTight())
