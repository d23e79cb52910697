"""Initial weights as PyTorch's layers draw them; as He or Glorot do where the network is deep.

Helps: constant or zero weights, weights far too large or small, weights that are NaN.
Hurts: pretrained weights, which are lost; frozen ones are kept.
Source: He et al., "Delving Deep into Rectifiers", ICCV 2015; Glorot and Bengio, AISTATS 2010.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so
from whet.diagnosis.cures.parts.fresh_weights import draw_weights
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.cures.parts.scaled_weights import scale_weights
from whet.diagnosis.setup import Setup
from whet.finding import Finding

__all__ = ["Reinitialise"]


@dataclass(frozen=True, kw_only=True)
class Reinitialise:
    """``reset_parameters`` of every module that has it; matrices of other modules as ``nn.Linear`` draws its own.

    Deep networks without normalisation get draws that fit their activation: with PyTorch's own, signals fade.
    """

    title: str = "draw new initial weights"

    def applies(self, case: Case) -> bool:
        """Where a parameter can learn."""
        return is_so(lambda: any(p.requires_grad for p in setup_of(case).model.parameters()))

    def advice(self, case: Case, finding: Finding | None) -> str:
        """The line, with the place where the finding names one."""
        where = f" of {finding.where}" if finding is not None and finding.where else ""
        return f"leave out your own initialisation{where}, or call module.reset_parameters() after it"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Draw from a stream of the set-up's seed; momenta of the old weights are dropped."""
        setup = setup_of(case).copy()
        draw_weights(setup)
        scale_weights(setup, case)
        return replace(setup, was_trained=False)


cures.register("reinitialise")(Reinitialise())
