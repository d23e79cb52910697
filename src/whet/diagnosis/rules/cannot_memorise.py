"""Cannot memorise: not even two examples can be learnt by heart, so something in the model or the loss is broken.

Tried with an optimiser of our own (Adam, three rates, dropout off), so the user's learning rate does not matter; what
the user's optimiser does is the business of the rules about rates. A small model that learns two examples but not 32 is
no bug, only small; a large one that does is worth a remark. Pictures as targets (denoising, masks, autoencoders) are
many values: a model with fewer parameters than these is only at fault where it does no better than a constant answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from whet.diagnosis.case import Case
from whet.diagnosis.probes.memorising import Attempt, memorising
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import RESULT
from whet.finding import Finding, Line, Plot

__all__ = ["CannotMemorise"]


@dataclass(frozen=True, kw_only=True)
class CannotMemorise:
    """200 steps on one batch."""

    roomy: int = 100  # parameters per example from which a model should learn 32 examples by heart
    better: float = 0.05  # score above a constant answer, from which a model with few parameters has learnt something
    partly: float = 0.5  # score of many numbers per example, from which a model has learnt most: only moderate
    poor: float = 0.6  # of the attainable score, below which a roomy model is remarked on
    title: ClassVar[str] = "one batch cannot be learnt by heart"
    stage: ClassVar[Stage] = "before"
    explains: ClassVar[frozenset[str]] = RESULT | frozenset({"flat_loss", "underfitting", "below_baseline"})

    def check(self, case: Case) -> Iterable[Finding]:
        """One finding."""
        if case.setup is None or case.setup.was_trained:
            return
        memory = case.ask(memorising)
        if memory.few is not None and not memory.few.is_learnt:
            if self._could(memory.few, memory.num_parameters):
                is_partly = memory.few.num_values > memory.few.num and memory.few.score > self.partly
                yield self._finding(memory.few, severity=0.45 if is_partly else 0.8, confidence=0.75)
            return
        is_roomy = memory.num_parameters >= self.roomy * memory.many.num
        if memory.few is not None and is_roomy and memory.many.score < self.poor * memory.many.attainable:
            yield self._finding(memory.many, severity=0.4, confidence=0.6)

    def _could(self, attempt: Attempt, num_parameters: int) -> bool:
        """Whether the model has enough parameters for so many values, or does not even use those that it has."""
        is_constant = not attempt.score > attempt.constant + self.better
        return is_constant or num_parameters >= attempt.num_values

    def _finding(self, attempt: Attempt, *, severity: float, confidence: float) -> Finding:
        examples = f"{attempt.num} examples" if attempt.num > 1 else "one example"
        return Finding(
            symptom="cannot_memorise",
            severity=severity,
            confidence=confidence,
            title=self.title,
            statement=f"Trained on {examples} alone, with Adam at three rates, the loss only goes from "
            f"{attempt.start:.3g} to {attempt.end:.3g} in {len(attempt.losses)} steps.",
            evidence={
                "rule": "D4",
                "value": attempt.end / attempt.start if attempt.start else 1.0,
                "threshold": 0.01,
                "score": attempt.score,
                "attainable": attempt.attainable,
                "examples": attempt.num,
            },
            where="model, loss or data of the first batch",
            cures=("remove_output_activation", "match_shapes", "reinitialise", "standardise_inputs"),
            advice="The optimiser is not to blame: check that inputs reach the outputs, that nothing is detached or "
            "rounded on the way, and that outputs and targets fit the loss.",
            source="Karpathy, A Recipe for Training Neural Networks, 2019 (overfit one batch)",
            plot=Plot(
                title="Learning a few examples by heart",
                x="step",
                y="loss",
                lines=(Line(name="loss", x=tuple(map(float, range(len(attempt.losses)))), y=attempt.losses),),
                threshold=0.01 * attempt.start,
            ),
        )


rules.register("cannot_memorise")(CannotMemorise())
