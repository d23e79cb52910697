"""Accumulated gradients not averaged: several backward passes per step, each with the whole loss.

The step is then as many times too large. It is harmless under Adam, or where the rate was lowered to match: so it is
only said where the weights move too much in a step and the loss shows it.
Source: PyTorch documentation, "Automatic Mixed Precision examples", gradient accumulation (``loss /
iters_to_accumulate``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.probes.moves import moves
from whet.diagnosis.probes.seen import fall_of, undivided, watched
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import COURSE, RATES, RESULT
from whet.finding import Finding

__all__ = ["AccumulationNotAveraged"]


@dataclass(frozen=True, kw_only=True)
class AccumulationNotAveraged:
    """What is propagated back is the loss of a batch, undivided, several times per step."""

    fewest: int = 3  # backward passes per step, from which it makes a difference; two may be two losses
    move: float = 0.1  # of a weight's norm in a step: the upper end of D14
    fall: float = 0.3  # of the loss: what falls by so much was tuned to it

    title: str = "accumulated gradients are not averaged"
    stage: Stage = "during"
    explains: frozenset[str] = (
        RATES
        | COURSE
        | RESULT
        | frozenset(
            {
                "learning_rate_too_high",
                "exploding",
                "oscillation",
                "non_finite",
                "flat_loss",
                "dead_units",
                "summed_loss",
            }
            | {"underfitting", "below_baseline"}
        )
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        trace = watched(case)
        if trace is None:
            return
        passes, sizes, fall = undivided(trace), moves(trace), fall_of(trace)
        if passes < self.fewest or sizes is None or fall is None or fall > self.fall:
            return
        step = float(np.percentile(sizes, 90))  # once it has spoilt the weights, little moves any more
        if step <= self.move:
            return
        yield Finding(
            symptom="accumulation_not_averaged",
            title=self.title,
            severity=0.75,
            confidence=0.8,
            statement=f"Each step follows {passes} backward passes of an undivided loss, and moves the weights by "
            f"{100 * step:.1f} % of their size (0.1 % is usual).",
            evidence={"rule": "loop", "value": step, "threshold": self.move, "passes": passes},
            where="loss.backward()",
            cures=("ordinary_loop", "lower_rate"),
            advice=f"Divide the loss before backward: (loss / {passes}).backward().",
            source="PyTorch documentation, Automatic Mixed Precision examples, gradient accumulation",
        )


rules.register("accumulation_not_averaged")(AccumulationNotAveraged())
