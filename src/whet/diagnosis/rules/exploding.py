"""Exploding gradients: their norm leaps by an order of magnitude, and the loss goes with it.

Both are compared with their own noise: with single examples in a batch, norms and losses scatter over decades and mean
nothing. Rule D10: more than 10 times the running median, together with a loss three times its best level.
Source: Pascanu et al., "On the difficulty of training recurrent neural networks", ICML 2013.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.probes.seen import FEWEST, seen
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import RESULT
from whet.errors import CannotJudgeError
from whet.finding import Finding, Line, Plot

__all__ = ["Exploding"]

BEFORE = 20  # steps of the running median
TINY = 1e-30


@dataclass(frozen=True, kw_only=True)
class Exploding:
    """Leaps of the gradient and of the loss at the same steps."""

    leap: float = 10.0  # times the running median of the gradient's norm
    spreads: float = 6.0  # robust standard deviations of the norm's logarithm
    loss: float = 3.0  # times the lowest level of the loss

    title: str = "exploding gradients"
    stage: Stage = "during"
    explains: frozenset[str] = RESULT | frozenset(
        {"non_finite", "flat_loss", "oscillation", "dead_units", "saturation", "underfitting", "below_baseline"}
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        trace = seen(case)
        kept = [s for s in trace.steps if s.gradient is not None and s.loss is not None]
        if len(kept) < FEWEST:
            raise CannotJudgeError("too few steps with a gradient and a loss were seen")
        norms = np.array([s.gradient for s in kept], dtype=np.float64)
        losses = np.array([s.loss for s in kept], dtype=np.float64)
        at = self._leaps(norms, losses)
        if not len(at):
            return
        worst = int(at[np.argmax(norms[at])])
        times = float(norms[worst] / _running_median(norms)[worst])
        end, best = float(np.mean(losses[-3:])), float(np.min(_levels(losses)))
        stays = not np.isfinite(end) or end > self.loss * best
        yield Finding(
            symptom="exploding",
            title=self.title,
            severity=0.85 if stays else 0.5,
            confidence=0.85,
            statement=f"At step {kept[worst].index} the gradient was {times:.3g} times its running median and the loss "
            f"{losses[worst]:.3g}, after {best:.3g} at best; {len(at)} steps leapt like that.",
            evidence={
                "rule": "D10",
                "value": times,
                "threshold": self.leap,
                "steps": [kept[i].index for i in at[:20]],
            },
            where=f"step {kept[worst].index}",
            cures=("clip_gradients", "lower_rate", "standardise_inputs"),
            advice="Call torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0) between loss.backward() and "
            "optimizer.step(), or lower lr.",
            source="Pascanu et al., On the difficulty of training recurrent neural networks, ICML 2013",
            plot=Plot(
                title="Norm of the gradient",
                x="step",
                y="norm",
                lines=(Line(name="gradient", x=tuple(float(s.index) for s in kept), y=tuple(map(float, norms))),),
                log_y=True,
            ),
        )

    def _leaps(self, norms: np.ndarray, losses: np.ndarray) -> np.ndarray:
        logs = np.log(np.maximum(np.where(np.isfinite(norms), norms, 1e30), TINY))
        ahead = logs - np.log(np.maximum(_running_median(norms), TINY))
        spread = 1.4826 * np.median(np.abs(ahead - np.median(ahead)))
        wide = (ahead > np.log(self.leap)) & (ahead > self.spreads * spread)
        levels = _levels(losses)
        best = np.minimum.accumulate(levels)
        high = ~(losses <= self.loss * best) & (losses > losses[0])
        return np.flatnonzero(wide & high & (np.arange(len(norms)) >= 3))


def _running_median(values: np.ndarray) -> np.ndarray:
    """(N,) of the values before each one."""
    finite = np.where(np.isfinite(values), values, np.nanmax(np.where(np.isfinite(values), values, np.nan)))
    return np.array([np.median(finite[max(0, i - BEFORE) : max(1, i)]) for i in range(len(values))])


def _levels(losses: np.ndarray) -> np.ndarray:
    """(N,) medians over three steps: single lucky batches are no level."""
    finite = np.where(np.isfinite(losses), losses, 1e30)
    return np.array([np.median(finite[max(0, i - 2) : i + 1]) for i in range(len(finite))])


rules.register("exploding")(Exploding())
