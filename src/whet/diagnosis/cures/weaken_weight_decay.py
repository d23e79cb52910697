"""A weaker pull of the weights towards 0.

Helps: weights that shrink faster than they learn. Hurts: a large network on few examples, which needs the pull.
Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019.
"""

from __future__ import annotations

from dataclasses import dataclass

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need, told
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.setup import Setup
from whet.finding import Finding

__all__ = ["WeakenWeightDecay"]


@dataclass(frozen=True, kw_only=True)
class WeakenWeightDecay:
    """In every group where it is stronger than usual."""

    title: str = "weaken the weight decay"
    usual: float = 1e-4  # added to the gradient (SGD, Adam, RMSprop)
    usual_decoupled: float = 1e-2  # AdamW and others that multiply it by the learning rate alone

    def applies(self, case: Case) -> bool:
        """Where a group has more than usual."""
        return is_so(lambda: _most(setup_of(case)) > self._usual(setup_of(case)))

    def advice(self, case: Case, finding: Finding | None) -> str:
        """With both values."""
        setup = setup_of(case)
        return f"weight_decay={self._wanted(setup, finding):.3g}  # in the optimizer; was {_most(setup):.3g}"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Edit a copy of the optimiser."""
        setup = setup_of(case).copy()
        need(_most(setup) > 0, "there is no weight decay")
        for group in setup.optimizer.param_groups:
            if "weight_decay" in group:
                group["weight_decay"] = min(group["weight_decay"], self._wanted(setup, finding))
        return setup

    def _wanted(self, setup: Setup, finding: Finding | None) -> float:
        named = told(finding, "better_weight_decay")
        return self._usual(setup) if named is None else named

    def _usual(self, setup: Setup) -> float:
        is_decoupled = any(g.get("decoupled_weight_decay") for g in setup.optimizer.param_groups)
        is_decoupled = is_decoupled or type(setup.optimizer).__name__ == "AdamW"
        return self.usual_decoupled if is_decoupled else self.usual


def _most(setup: Setup) -> float:
    return max(float(group.get("weight_decay", 0.0)) for group in setup.optimizer.param_groups)


cures.register("weaken_weight_decay")(WeakenWeightDecay())
