"""A shorter memory of past gradients.

Helps: losses that swing with momentum near 1. Hurts: noisy gradients that need the averaging.
Source: Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013.
"""

from __future__ import annotations

from dataclasses import dataclass

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need
from whet.diagnosis.cures.parts.fresh_weights import mend_broken_weights
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.setup import Setup
from whet.finding import Finding

__all__ = ["LowerMomentum"]


@dataclass(frozen=True, kw_only=True)
class LowerMomentum:
    """``momentum``, or the first of Adam's ``betas``, in every group where it is higher than usual."""

    title: str = "lower the momentum"
    usual: float = 0.9

    def applies(self, case: Case) -> bool:
        """Where a group has more than usual."""
        return is_so(lambda: _most(setup_of(case)) > self.usual)

    def advice(self, case: Case, finding: Finding | None) -> str:
        """With both values."""
        was = _most(setup_of(case))
        return f"momentum={self.usual:g} (Adam: betas=({self.usual:g}, 0.999))  # in the optimizer; was {was:g}"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Edit a copy of the optimiser and what its scheduler remembers."""
        setup = setup_of(case).copy()
        need(_most(setup) > self.usual, "the momentum is not higher than usual")
        for group in setup.optimizer.param_groups:
            for key in ("momentum", "max_momentum", "base_momentum"):
                if key in group:
                    group[key] = min(group[key], self.usual)
            if "betas" in group:
                group["betas"] = (min(group["betas"][0], self.usual), *group["betas"][1:])
        mend_broken_weights(setup)
        return setup


def _most(setup: Setup) -> float:
    groups = setup.optimizer.param_groups
    return max(max(float(g.get("momentum") or 0.0), float(g.get("betas", (0.0,))[0])) for g in groups)


cures.register("lower_momentum")(LowerMomentum())
