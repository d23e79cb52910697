"""Flat loss: it is where it began. A symptom of nearly everything, a cause of nothing: so it weighs little.

Silent where a trained model goes on (a loss far below that of a constant output) and where the fall stands out from the
noise of the batches.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.probes.ground import ground
from whet.diagnosis.probes.seen import seen
from whet.diagnosis.rule import Stage, rules
from whet.errors import CannotJudgeError
from whet.finding import Finding, Line, Plot

__all__ = ["FlatLoss"]

GROUPS = 10  # stretches whose means are compared


@dataclass(frozen=True, kw_only=True)
class FlatLoss:
    """The slope over the whole training is within its noise, or next to nothing."""

    fewest: int = 30  # steps
    least: float = 0.01  # of the loss at the beginning: what falls by less does not fall
    blind: float = 0.05  # of the loss at the beginning: where noise hides a fall by that much, nothing can be said
    errors: float = 3.0  # standard errors that a fall must have
    trained: float = 0.7  # of the loss of a constant output: a start below it is a trained model's

    title: str = "the loss does not fall"
    stage: Stage = "during"
    explains: frozenset[str] = frozenset({"underfitting", "below_baseline"})

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        losses = seen(case).losses()
        losses = losses[np.isfinite(losses)]
        if len(losses) < self.fewest:
            raise CannotJudgeError(f"only {len(losses)} losses were seen; {self.fewest} are needed to see a slope")
        parts = [float(p.mean()) for p in np.array_split(losses, GROUPS)]
        first, last = float(np.mean(parts[:2])), float(np.mean(parts[-2:]))
        noise = float(np.std(np.diff(losses)) / np.sqrt(2) / np.sqrt(len(losses) / 5))
        visible = self.errors * noise * np.sqrt(2)
        if first - last > max(self.least * abs(first), visible):
            return
        if visible > self.blind * abs(first):
            raise CannotJudgeError("the loss scatters too much from batch to batch to see a slope")
        if losses[0] - min(parts) > 0.1 * abs(losses[0]) or self._is_trained(case, first):
            return
        yield Finding(
            symptom="flat_loss",
            title=self.title,
            severity=0.45,
            confidence=0.5,  # a task that cannot be learnt looks the same
            statement=f"The training loss is {first:.4g} in the first fifth of {len(losses)} steps and {last:.4g} in "
            "the "
            "last fifth.",
            evidence={
                "rule": "D15",
                "value": (first - last) / abs(first or 1.0),
                "threshold": self.least,
                "noise": noise,
            },
            cures=("raise_rate", "lower_rate", "ordinary_loop"),
            advice="The causes named beside this come first. Without any, ask whether the inputs can tell the targets "
            "at all.",
            source='Karpathy, "A Recipe for Training Neural Networks", 2019',
            plot=Plot(
                title="Training loss",
                x="tenth of the training",
                y="mean loss",
                lines=(Line(name="loss", x=tuple(float(i) for i in range(GROUPS)), y=tuple(parts)),),
            ),
        )

    def _is_trained(self, case: Case, first: float) -> bool:
        if case.setup is None:
            return False
        try:
            base = case.ask(ground)
        except CannotJudgeError:
            return False
        return case.setup.was_trained and not base.began_anew and first < self.trained * base.reference


rules.register("flat_loss")(FlatLoss())
