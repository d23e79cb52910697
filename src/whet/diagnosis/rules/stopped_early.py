"""Stopped early: the training ended while it was still getting better.

Where a validation curve is known, its last two fifths must slope down beyond noise and by more than 1 % of the loss
in the last fifth. Where only the losses of steps are known and they still fall, a copy is trained as long again: severe
where it then learns two fifths of what there is to know. Of a watched loop only a steep fall speaks, and less loudly.
The training must have been as long as its author meant it to be: a stretch cut by our clock says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.ending import Slope, losses_seen, slope_of
from whet.diagnosis.margins import score_error
from whet.diagnosis.outcome import Outcome
from whet.diagnosis.probes.longer import longer
from whet.diagnosis.rule import Stage, rules
from whet.finding import Finding, Line, Plot

__all__ = ["StoppedEarly"]


@dataclass(frozen=True, kw_only=True)
class StoppedEarly:
    """The slope at the end."""

    least: float = 0.01  # fall of the validation loss per fifth of the training, as a share of it
    steep: float = 0.1  # fall of the training loss over the last half, where nothing else is known
    brief: float = 3.0  # epochs up to which half as steep a fall counts
    errors: float = 3.0  # standard errors of the slope
    hint: float = 1.0  # the same, where the copy can be trained on to see
    left: float = 0.05  # of the loss at the beginning: a training that has come below it is as good as done
    better: float = 0.15  # share of the validation mistakes that must go in as long again
    fewest: int = 5  # evaluations
    fewest_steps: int = 16

    title: str = "stopped before the end"
    stage: Stage = "after"
    explains: frozenset[str] = frozenset({"underfitting", "below_baseline", "weak_slice"})

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        outcome = case.outcome
        if outcome is None or not outcome.is_final:
            return
        losses = np.array([p.valid_loss for p in outcome.curve if p.valid_loss is not None], dtype=np.float64)
        if len(losses) >= self.fewest:
            yield from self._by_curve(outcome, losses)
        elif case.setup is not None and case.setup.epochs is not None:
            yield from self._by_steps(case, outcome, losses_seen(case))

    def _by_curve(self, outcome: Outcome, losses: np.ndarray) -> Iterable[Finding]:
        fifth = max(1, len(losses) // 5)
        last, before = float(losses[-fifth:].mean()), float(losses[-2 * fifth : -fifth].mean())
        gain = (before - last) / max(1e-9, abs(before))
        slope = slope_of(losses[-max(4, 2 * fifth) :])
        if not np.isfinite(losses).all() or gain <= self.least or slope.fall <= self.errors * slope.error:
            return
        epochs = tuple(p.epoch for p in outcome.curve if p.valid_loss is not None)
        yield self._told(
            outcome,
            f"The validation loss was still falling at the end: {before:.4g} -> {last:.4g} "
            f"over the last fifth of {outcome.epochs:.1f} epochs.",
            {"rule": "D23", "value": gain, "threshold": self.least},
            severity=min(0.75, 0.3 + 3 * gain),
            plot=Plot(
                title="validation loss",
                x="epoch",
                y="loss",
                lines=(Line(name="validation", x=epochs, y=tuple(losses.tolist())),),
            ),
        )

    def _by_steps(self, case: Case, outcome: Outcome, losses: np.ndarray) -> Iterable[Finding]:
        if len(losses) < self.fewest_steps or outcome.train_score is None:
            return
        slope = slope_of(losses[len(losses) // 2 :])
        errors = self.errors if case.trace is not None else self.hint
        if slope.share <= self.least or slope.fall <= errors * slope.error or not _has_room(outcome):
            return
        more = case.ask(longer) if case.trace is None else None
        is_steep = self._is_steep(losses, slope, outcome)
        if (more is None and not is_steep) or (more is not None and not (more.is_better and more.share > self.better)):
            return
        told = (
            ""
            if more is None
            else f" Trained for {more.epochs:.1f} epochs more, it makes {100 * more.share:.0f} % "
            f"{'fewer mistakes' if outcome.kind == 'classes' else 'less squared error'} on validation examples."
        )
        yield self._told(
            outcome,
            f"The training loss was still falling at the end: by {slope.fall:.4g} over the last half of "
            f"{outcome.epochs:.1f} epochs, at a mean of {slope.level:.4g}.{told}",
            {"rule": "D23", "value": slope.share, "threshold": self.least}
            | ({"fewer_errors": more.share} if more is not None else {}),
            severity=min(0.6, 0.35 + 1.5 * slope.share) if more is None else float(min(0.9, 0.25 + 1.2 * more.gain)),
            plot=Plot(
                title="training loss",
                x="step",
                y="loss",
                lines=(Line(name="training", x=tuple(range(len(losses))), y=tuple(losses.tolist())),),
            ),
        )

    def _is_steep(self, losses: np.ndarray, slope: Slope, outcome: Outcome) -> bool:
        """Whether the slope alone is evidence enough, where nothing can be tried."""
        steep = self.steep / 2 if outcome.epochs <= self.brief else self.steep
        last = slope_of(losses[-len(losses) // 4 :])  # what falls only until the third quarter has ended by itself
        begin = float(losses[: max(3, len(losses) // 20)].mean())
        return slope.share > steep and slope.level >= self.left * begin and last.share >= steep / 4

    def _told(
        self, outcome: Outcome, statement: str, evidence: dict[str, object], *, severity: float, plot: Plot
    ) -> Finding:
        return Finding(
            symptom="stopped_early",
            title=self.title,
            severity=severity,
            confidence=0.8,
            statement=statement,
            evidence=evidence,
            cures=("train_longer", "raise_rate"),
            advice=f"Train longer (a larger budget; {max(2.0, 2 * outcome.epochs):.0f} epochs instead of "
            f"{outcome.epochs:.1f}), until the validation loss stays level.",
            source="Prechelt, Early Stopping - But When?, 1998",
            plot=plot,
        )


def _has_room(outcome: Outcome) -> bool:
    """Validation keeps up with training and neither is near perfect: what is still learnt is of use.

    A loss on its way to 0 falls by the same share for ever.
    """
    assert outcome.train_score is not None
    sign, scale = (1.0 if outcome.higher_is_better else -1.0), outcome.scale()
    best = sign * max(sign * outcome.valid_score, sign * outcome.train_score)
    room = (1.0 - best if outcome.higher_is_better else best) / scale
    gap = sign * (outcome.train_score - outcome.valid_score)
    noise = float(np.hypot(score_error(outcome), score_error(outcome, of_training=True)))
    return room > 0.05 and gap < max(0.05 * scale, 3 * noise)


rules.register("stopped_early")(StoppedEarly())
