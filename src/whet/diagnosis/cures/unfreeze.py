"""Parameters that were frozen learn again.

Helps: a stem or a middle frozen by mistake, everything frozen. Hurts: a pretrained body frozen on purpose.
Source: PyTorch documentation, "Autograd mechanics", ``requires_grad``.
"""

from __future__ import annotations

from dataclasses import dataclass

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need
from whet.diagnosis.cures.parts.following import give, names_of
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.setup import Setup
from whet.finding import Finding

__all__ = ["Unfreeze"]


@dataclass(frozen=True, kw_only=True)
class Unfreeze:
    """All of them; the optimiser is given those that it does not hold."""

    title: str = "unfreeze the parameters"

    def applies(self, case: Case) -> bool:
        """Where one is frozen."""
        return is_so(lambda: bool(_frozen(setup_of(case))))

    def advice(self, case: Case, finding: Finding | None) -> str:
        """The line, with names."""
        names = _frozen(setup_of(case))
        shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
        return f"parameter.requires_grad_(True)  # for {shown}, and give them to the optimizer"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Edit copies of model and optimiser."""
        setup = setup_of(case).copy()
        names = _frozen(setup)
        need(bool(names), "no parameter is frozen")
        known = names_of(setup.model)
        for name in names:
            known[name].requires_grad_(True)
        give(setup.optimizer, setup.model, names)
        return setup


def _frozen(setup: Setup) -> list[str]:
    return [n for n, p in names_of(setup.model).items() if not p.requires_grad and p.is_floating_point()]


cures.register("unfreeze")(Unfreeze())
