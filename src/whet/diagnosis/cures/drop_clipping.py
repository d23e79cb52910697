"""Gradients as they are.

Helps: a norm so small that every step is cut to next to nothing. Hurts: networks whose gradient explodes.
Source: Zhang et al., "Why Gradient Clipping Accelerates Training", ICLR 2020.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.setup import Setup
from whet.finding import Finding

__all__ = ["DropClipping"]


@dataclass(frozen=True, kw_only=True)
class DropClipping:
    """In the loop."""

    title: str = "do not clip the gradients so tightly"

    def applies(self, case: Case) -> bool:
        """Where they are clipped."""
        return is_so(lambda: setup_of(case).loop.clip_norm is not None)

    def advice(self, case: Case, finding: Finding | None) -> str:
        """With the norm in use."""
        norm = setup_of(case).loop.clip_norm
        was = "" if norm is None else f"; it is clipped to {norm:.3g}"
        return f"leave out clip_grad_norm_, or clip to the norm that gradients usually have{was}"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Change the loop's setting."""
        need(setup_of(case).loop.clip_norm is not None, "nothing is clipped")
        setup = setup_of(case).copy()
        return replace(setup, loop=replace(setup.loop, clip_norm=None))


cures.register("drop_clipping")(DropClipping())
