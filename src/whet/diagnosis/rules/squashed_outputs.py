"""Outputs that cannot reach what the loss asks for: a ReLU, sigmoid or tanh at the end of the model.

Logits must be free in both directions; a regression must be able to reach its targets. A sigmoid before targets
within (0, 1), or a ReLU before counts, is as it should be.

Rule: for every draw of weights the outputs stay in a range; for logits that is wrong as such, for numbers when more
than ``lost`` of the targets' variance lies outside (reference rule D7).
Source: documentation of torch.nn.CrossEntropyLoss; Goodfellow et al., "Deep Learning", 2016, section 6.2.2 (output
units).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from whet.diagnosis.case import Case
from whet.diagnosis.probes.goal import goal
from whet.diagnosis.probes.output_range import OutputRange, output_range
from whet.diagnosis.probes.targets import targets
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import COURSE, RATES, RESULT
from whet.finding import Finding

__all__ = ["SquashedOutputs"]

LOGITS = ("cross_entropy", "binary_cross_entropy_with_logits")
NUMBERS = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")


@dataclass(frozen=True, kw_only=True)
class SquashedOutputs:
    """Compares the range that the outputs keep to with what the loss needs."""

    near: float = 0.1  # a bounded activation comes this near to its bounds with large weights
    draws: int = 8  # a range counts only when this many draws of the weights keep to it
    lost: float = 0.02  # share of the variance of the targets that no output can reach

    title: str = "an activation squashes the outputs"
    stage: Stage = "before"
    explains: frozenset[str] = (
        RATES
        | COURSE
        | RESULT
        | frozenset(
            {
                "cannot_memorise",
                "flat_loss",
                "underfitting",
                "below_baseline",
                "initial_loss",
                "dead_units",
                "saturation",
            }
            | {"vanishing", "input_unused", "stopped_early", "learning_rate_too_low", "no_gradient"}
        )
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """At most one finding."""
        if case.setup is None:
            return
        function = case.ask(goal).function
        if function not in (*LOGITS, *NUMBERS, "binary_cross_entropy"):
            return
        seen = case.ask(output_range)
        if seen.draws < self.draws:
            return
        if seen.lowest == seen.highest:
            yield _constant(seen)
            return
        bounds = self._bounds(seen)
        if bounds is None or any(seen.sums_to_one.values()):
            return
        if function in NUMBERS:
            yield from self._numbers(case, seen, bounds)
        elif function in LOGITS and not (function == LOGITS[1] and bounds == (0.0, 1.0)):  # that is double_softmax
            yield _logits(seen, bounds)

    def _bounds(self, seen: OutputRange) -> tuple[float, float] | None:
        for low, high in ((0.0, 1.0), (-1.0, 1.0)):
            if low <= seen.lowest <= low + self.near and high - self.near <= seen.highest <= high:
                return low, high
        return (0.0, math.inf) if seen.lowest >= 0 and seen.highest > 1 else None

    def _numbers(self, case: Case, seen: OutputRange, bounds: tuple[float, float]) -> Iterable[Finding]:
        values = torch.cat([t.double().reshape(-1) for t in case.ask(targets).values])
        values = values[values.isfinite()]
        spread = float(values.var()) if len(values) > 1 else 0.0
        outside = float((values - values.clamp(*bounds)).square().mean()) if len(values) else 0.0
        if spread > 0 and outside / spread > self.lost:
            yield _unreachable(seen, bounds, values, outside / spread)


def _name(bounds: tuple[float, float], seen: OutputRange) -> str:
    if bounds == (0.0, 1.0):
        return "a sigmoid"
    if bounds == (-1.0, 1.0):
        return "a tanh"
    return "a ReLU" if seen.zeros > 0 else "a softplus or the like"


def _in_words(bounds: tuple[float, float]) -> str:
    return f"between {bounds[0]:g} and {bounds[1]:g}" if bounds[1] < math.inf else "at or above 0"


def _logits(seen: OutputRange, bounds: tuple[float, float]) -> Finding:
    severity = 0.85 if bounds[1] < math.inf else (0.75 if seen.zeros > 0 else 0.5)
    return _finding(
        seen,
        severity=severity,
        statement=f"The loss takes logits of any value, and the outputs stay {_in_words(bounds)} for each of "
        f"{seen.draws} "
        f"draws of the weights, as after {_name(bounds, seen)}"
        + (f"; {100 * seen.zeros:.0f} % of them are exactly 0 and pass no gradient." if seen.zeros > 0.01 else "."),
        value=seen.lowest,
        threshold=bounds[0],
        activation=_name(bounds, seen),
    )


def _unreachable(seen: OutputRange, bounds: tuple[float, float], values: Tensor, lost: float) -> Finding:
    return _finding(
        seen,
        severity=min(0.95, 0.55 + lost),
        statement=f"The outputs stay {_in_words(bounds)}, as after {_name(bounds, seen)}, and the targets go from "
        f"{float(values.min()):.3g} to {float(values.max()):.3g}: {100 * min(1.0, lost):.0f} % of their variance is "
        "out of reach.",
        value=lost,
        threshold=SquashedOutputs.lost,
        activation=_name(bounds, seen),
    )


def _constant(seen: OutputRange) -> Finding:
    return _finding(
        seen,
        severity=0.95,
        statement=f"Every output is {seen.lowest:g}, whatever the inputs and the weights are: a softmax over one "
        "single unit "
        "gives 1.",
        value=0.0,
        threshold=0.0,
        activation="a softmax over one unit",
    )


def _finding(
    seen: OutputRange, *, severity: float, statement: str, value: float, threshold: float, activation: str
) -> Finding:
    return Finding(
        symptom="squashed_outputs",
        title="An activation squashes the outputs",
        severity=severity,
        confidence=0.95,
        statement=statement,
        evidence={"rule": "D7", "value": value, "threshold": threshold, "activation": activation, "draws": seen.draws},
        where=seen.producer or "the end of the model's forward",
        cures=("remove_output_activation",),
        advice=f"Remove {activation} after the last linear layer ({seen.producer or 'the last line of forward'}).",
        source="Goodfellow et al., Deep Learning, 2016, section 6.2.2",
    )


rules.register("squashed_outputs")(SquashedOutputs())
