"""Over-fitting: training examples are predicted much better than validation examples.

Told where the gap stands out from noise and either most of the validation error is due to it or the validation loss
has turned upwards. Not every gap is harmful: networks that know their training examples by heart often generalise
well, so it is severe only where better was plainly within reach: an earlier evaluation or a simple model was better.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.margins import score_error
from whet.diagnosis.outcome import Outcome
from whet.diagnosis.rule import Stage, rules
from whet.finding import Finding, Line, Plot
from whet.training.fitted import CurvePoint

__all__ = ["Overfitting"]


@dataclass(frozen=True, kw_only=True)
class Overfitting:
    """The gap between training and validation score."""

    least: float = 0.03  # gap, as a share of the scale: less harms nobody
    errors: float = 3.0  # standard errors of the gap
    part: float = 0.5  # of the validation error that is gap; from here on most of it is not learnt wrongly but by heart
    rises: int = 3  # evaluations in a row above the least validation loss
    missed: float = 0.1  # of the scale by which an earlier state or a simple model was better: severe

    title: str = "over-fitting"
    stage: Stage = "after"
    explains: frozenset[str] = frozenset({"overconfidence", "below_baseline", "more_data"})

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        outcome = case.outcome
        if outcome is None or outcome.train_score is None:
            return
        sign = 1.0 if outcome.higher_is_better else -1.0
        gap = sign * (outcome.train_score - outcome.valid_score)
        scale = outcome.scale()
        noise = float(np.hypot(score_error(outcome), score_error(outcome, of_training=True)))
        threshold = max(self.least * scale, self.errors * noise)
        wrong = 1.0 - outcome.valid_score if outcome.higher_is_better else outcome.valid_score
        if gap <= threshold or (gap < self.part * wrong and not self._has_turned(outcome.curve)):
            return
        missed = _missed(outcome, sign)
        is_severe = missed > max(self.missed * scale, self.errors * score_error(outcome))
        yield Finding(
            symptom="overfitting",
            title=self.title,
            severity=min(0.95, 0.7 + missed / scale / 2) if is_severe else float(min(0.6, 0.2 + gap / scale)),
            confidence=0.9,
            statement=f"The {outcome.metric} is {outcome.train_score:.4g} on training examples and "
            f"{outcome.valid_score:.4g} on validation examples; chance explains {self.errors * noise:.2g}.",
            evidence={"rule": "D22", "value": gap, "threshold": threshold, "missed": missed},
            cures=("regularise",),
            advice="More examples, or more varied ones, help most; then stop at the best validation score, augment, "
            "raise weight_decay (try 0.01 to 0.1) or add dropout.",
            source="Goodfellow et al., Deep Learning, MIT Press 2016, chapter 7",
            plot=_plot(outcome.curve),
        )

    def _has_turned(self, curve: tuple[CurvePoint, ...]) -> bool:
        losses = [p.valid_loss for p in curve if p.valid_loss is not None]
        if len(losses) <= self.rises:
            return False
        least = min(losses)
        return min(losses[-self.rises :]) > least + 0.01 * abs(least)


def _missed(outcome: Outcome, sign: float) -> float:
    """By how much an earlier evaluation or a simple model was better; 0 where none is known to be."""
    scores = [p.valid_score for p in outcome.curve if p.valid_score is not None]
    found = [sign * (max(scores, key=lambda s: sign * s) - scores[-1])] if scores else []
    if outcome.baseline_score is not None:
        found.append(sign * (outcome.baseline_score - outcome.valid_score))
    return max([0.0, *found])


def _plot(curve: tuple[CurvePoint, ...]) -> Plot | None:
    seen = [p for p in curve if p.valid_loss is not None and np.isfinite([p.train_loss, p.valid_loss]).all()]
    if len(seen) < 2:
        return None
    epochs = tuple(p.epoch for p in seen)
    return Plot(
        title="loss on training and validation examples",
        x="epoch",
        y="loss",
        lines=(
            Line(name="training", x=epochs, y=tuple(p.train_loss for p in seen)),
            Line(name="validation", x=epochs, y=tuple(float(p.valid_loss or 0.0) for p in seen)),
        ),
    )


rules.register("overfitting")(Overfitting())
