"""Steps whose loss is NaN or infinite are left out, so that one batch does not spoil all weights.

Helps: a loss that cannot be computed for a few outputs (log of 0). Hurts: those batches are lost, and where every loss
is broken nothing is learnt. Source: PyTorch documentation, "Automatic Mixed Precision", which skips such steps too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so
from whet.diagnosis.cures.parts.fresh_weights import mend_broken_weights
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.probes.seen import seen
from whet.diagnosis.setup import Loss, Setup
from whet.finding import Finding

__all__ = ["SkipBrokenSteps"]


@dataclass(frozen=True)
class SkipBrokenSteps:
    """As a wrapper of the loss: a broken one gives no gradient."""

    title: str = "skip steps whose loss is not finite"

    def applies(self, case: Case) -> bool:
        """Where a loss was NaN or infinite."""
        return is_so(lambda: any(s.first_broken for s in seen(case).steps))

    def advice(self, case: Case, finding: Finding | None) -> str:
        """The lines."""
        return (
            "torch.log(p.clamp_min(1e-8)) in the loss; until then, before backward(): if not loss.isfinite(): continue"
        )

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Wrap the loss of a copy; weights that already are NaN are drawn anew."""
        setup = setup_of(case).copy()
        mend_broken_weights(setup)
        return replace(setup, loss=_FiniteOnly(setup.loss))


@dataclass(frozen=True)
class _FiniteOnly:
    loss: Loss

    def __call__(self, outputs: Any, targets: Any) -> Tensor:
        value = self.loss(outputs, targets)
        return value if bool(value.isfinite().all()) else value.new_zeros(())


cures.register("skip_broken_steps")(SkipBrokenSteps())
