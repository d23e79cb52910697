"""Gradients clipped to a total norm.

Helps: recurrent and deep networks whose gradient now and then is very large. Hurts: a norm so small that every step is
clipped.
Source: Pascanu et al., "On the difficulty of training recurrent neural networks", ICML 2013.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, told
from whet.diagnosis.cures.parts.fresh_weights import mend_broken_weights
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.setup import Setup
from whet.finding import Finding

__all__ = ["ClipGradients"]


@dataclass(frozen=True, kw_only=True)
class ClipGradients:
    """In the loop, before the step. Weights that already are NaN are drawn anew."""

    title: str = "clip the gradients"
    norm: float = 1.0  # total, over all parameters

    def applies(self, case: Case) -> bool:
        """Where nothing is clipped, or far above. PyTorch cannot take the norm of sparse gradients."""
        return is_so(
            lambda: (
                (setup_of(case).loop.clip_norm or float("inf")) > self.norm
                and not any(getattr(m, "sparse", False) for m in setup_of(case).model.modules())
            )
        )

    def advice(self, case: Case, finding: Finding | None) -> str:
        """The line and where it goes."""
        return (
            f"torch.nn.utils.clip_grad_norm_(model.parameters(), {self._norm(finding):.3g})"
            "  # between backward and step"
        )

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Change the loop's setting."""
        setup = setup_of(case).copy()
        mend_broken_weights(setup)
        return replace(setup, loop=replace(setup.loop, clip_norm=self._norm(finding)))

    def _norm(self, finding: Finding | None) -> float:
        return told(finding, "better_norm", "better_clip_norm") or self.norm


cures.register("clip_gradients")(ClipGradients())
