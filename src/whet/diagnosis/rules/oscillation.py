"""Oscillation: the loss swings from step to step by more than the batches differ, and gets nowhere.

The noise of batches also makes a loss go up and down (D16's sign changes come at two in three steps from noise alone).
What a step that overshoots leaves is different: swings far larger than the scatter of the batches under one and the
same model, or a loss that alternates.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.probes.ground import ground, losses_of
from whet.diagnosis.probes.seen import seen, trained
from whet.diagnosis.rule import Stage, rules
from whet.errors import CannotJudgeError
from whet.finding import Finding, Line, Plot

__all__ = ["Oscillation"]


@dataclass(frozen=True, kw_only=True)
class Oscillation:
    """Swings of the loss in the second half of what was seen."""

    fewest: int = 20  # steps of that half
    changes: float = 0.4  # share of steps at which the direction changes (D16)
    size: float = 0.2  # of the level of the loss: mean swing (D16)
    scatter: float = 3.0  # times the standard deviation over batches
    alternates: float = -0.6  # correlation of neighbouring steps; noise has 0
    level: float = 0.5  # of the loss at the beginning: a loss that got far below it is on its way

    title: str = "oscillating loss"
    stage: Stage = "during"
    explains: frozenset[str] = frozenset({"flat_loss", "underfitting"})

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        trace = seen(case)
        losses = trace.losses()
        losses = losses[np.isfinite(losses)]
        half = losses[len(losses) // 2 :]
        if len(half) < self.fewest:
            raise CannotJudgeError("too few steps were seen to tell swings from noise")
        swings = np.diff(half)
        changes = float(np.mean(np.sign(swings[1:]) != np.sign(swings[:-1])))
        level = float(np.mean(half))
        size = float(np.mean(np.abs(swings))) / max(abs(level), 1e-12)
        if changes <= self.changes or size <= self.size or level < self.level * abs(float(losses[0])):
            return
        if not self._stands_out(case, half):
            return
        yield Finding(
            symptom="oscillation",
            title=self.title,
            severity=float(min(0.65, 0.4 + 0.2 * size)),
            confidence=0.75,
            statement=f"The loss changes direction at {100 * changes:.0f} % of the steps, by {100 * size:.0f} % of "
            "its level "
            "on average, which is more than batches differ.",
            evidence={"rule": "D16", "value": size, "threshold": self.size, "changes": changes},
            cures=("lower_rate", "lower_momentum", "larger_batches"),
            advice="Lower lr in the optimizer by a factor of 10; then try larger batches.",
            source='Goodfellow, Bengio and Courville, "Deep Learning", 2016, section 11.4.1',
            plot=Plot(
                title="Training loss",
                x="step",
                y="loss",
                lines=(Line(name="loss", x=tuple(map(float, range(len(losses)))), y=tuple(map(float, losses))),),
            ),
        )

    def _stands_out(self, case: Case, half: np.ndarray) -> bool:
        centred = half - half.mean()
        neighbours = float((centred[1:] * centred[:-1]).sum() / max(float((centred**2).sum()), 1e-300))
        per_epoch = seen(case).steps_per_epoch
        if neighbours < self.alternates and (per_epoch is None or per_epoch > 4):
            return True
        if case.setup is None or case.trace is not None:
            return False
        model = trained(case).setup.copy()  # how far batches differ under the model that the swings led to
        batches = losses_of(model, case.ask(ground).measured)
        if len(batches) < 4 or not np.isfinite(batches).all():
            return False
        return bool(float(np.std(np.diff(half))) / np.sqrt(2) > self.scatter * float(batches.std(ddof=1)))


rules.register("oscillation")(Oscillation())
