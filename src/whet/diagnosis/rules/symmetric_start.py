"""Symmetric start: the units of a layer begin with the same weights, get the same gradients, and stay the same.

Zeros in biases, in the last layer, in the last layer of a residual branch or in LoRA's second matrix are healthy: what
counts is whether the units are still the same after some steps. Where a task needs no more than one unit, a training
from such a start gets as far as any other: it is told, and not severe.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from whet.diagnosis.case import Case
from whet.diagnosis.probes.ground import ground
from whet.diagnosis.probes.redrawn import reset
from whet.diagnosis.probes.symmetric_layers import symmetric_layers
from whet.diagnosis.probes.trials import own_trial, trial
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.setup import Setup
from whet.diagnosis.symptoms import COURSE, RATES, RESULT
from whet.errors import CannotJudgeError
from whet.finding import Finding

__all__ = ["SymmetricStart"]

LEARNT = 0.5  # of the loss at the start, below which a short training has learnt
NOISE = 0.05  # of it, that two trainings may differ by


@dataclass(frozen=True, kw_only=True)
class SymmetricStart:
    """Hidden layers that are worth one unit."""

    least_units: int = 2  # of a layer, to be spoken of
    harmless: float = 0.6  # severity at most, where a training from a drawn start gets no further
    title: ClassVar[str] = "units start identical and stay identical"
    stage: ClassVar[Stage] = "before"
    explains: ClassVar[frozenset[str]] = (
        RATES
        | COURSE
        | RESULT
        | frozenset(
            {
                "cannot_memorise",
                "flat_loss",
                "underfitting",
                "below_baseline",
                "weight_scale",
                "dead_units",
                "vanishing",
                "unused_parameters",
                "initial_loss",
                "input_unused",
            }
        )
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """One finding for all such layers."""
        if case.setup is None:
            return
        layers = [layer for layer in case.ask(symmetric_layers) if layer.units >= self.least_units]
        if not layers:
            return
        first = layers[0]
        others = f" (and {len(layers) - 1} more)" if len(layers) > 1 else ""
        yield Finding(
            symptom="symmetric_start",
            severity=self.harmless if _costs_nothing(case) else 0.95,
            confidence=0.97,
            title=self.title,
            statement=f"All {first.units} units of {first.name!r}{others} start with the same weights "
            f"({first.value:.3g}) and after five steps there are still only {first.distinct} different ones.",
            evidence={
                "rule": "symmetric_start",
                "value": first.distinct,
                "threshold": max(1, first.units // 4),
                "layers": [layer.name for layer in layers],
            },
            where=f"parameter {first.name!r} ({first.kind})",
            cures=("reinitialise",),
            advice=f"Remove the line that sets {first.name!r} to a constant (nn.init.constant_, zeros_, fill_); draw "
            "the weights at random: nn.init.kaiming_uniform_(weight), or leave PyTorch's default.",
            source="Goodfellow et al., Deep Learning, 2016, section 8.4 (breaking symmetry)",
        )


def _costs_nothing(case: Case) -> bool:
    """Whether a short training learns, and gets as far as one that begins with PyTorch's ordinary weights."""

    def drawn(setup: Setup) -> Setup:
        reset(setup.model, seed=case.seed)
        return setup

    try:
        own, reference = case.ask(own_trial).loss, case.ask(ground).reference
        return own < LEARNT * reference and own <= trial(case, drawn).loss + NOISE * reference
    except CannotJudgeError:
        return False


rules.register("symmetric_start")(SymmetricStart())
