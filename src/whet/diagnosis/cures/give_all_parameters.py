"""An optimiser that holds every trainable parameter of the model.

Helps: a head exchanged after the optimiser was built, layers in a plain list, one half of a model passed by mistake.
Hurts: nothing that is frozen; parameters left out on purpose should have ``requires_grad`` off.
Source: PyTorch documentation, ``torch.optim``, "Constructing it".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need
from whet.diagnosis.cures.parts.following import give, held, names_of
from whet.diagnosis.cures.parts.hidden_modules import hidden_modules, register_hidden
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.setup import Setup
from whet.finding import Finding

__all__ = ["GiveAllParameters"]


@dataclass(frozen=True, kw_only=True)
class GiveAllParameters:
    """Each missing one joins the group that holds those nearest by name; what is held already keeps its state."""

    title: str = "give the optimizer all parameters"

    def applies(self, case: Case) -> bool:
        """Where a trainable parameter is not held, not even known to the model, or never moves at a rate of 0."""
        return is_so(lambda: _lacks(setup_of(case)))

    def advice(self, case: Case, finding: Finding | None) -> str:
        """The line, with what is missing."""
        hidden, missing = hidden_modules(setup_of(case).model), _missing(setup_of(case))
        kind = type(setup_of(case).optimizer).__name__
        if hidden:
            return (
                f"nn.ModuleList([...])  # in place of the plain list or dict that holds {', '.join(list(hidden)[:3])}"
            )
        if not missing:
            return f"lr={_rate(setup_of(case)):g}  # for the parameter group whose rate is 0"
        shown = ", ".join(missing[:3]) + (", ..." if len(missing) > 3 else "")
        return f"optimizer = {kind}(model.parameters(), ...)  # after the model is complete; it lacks {shown}"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Edit a copy of the optimiser."""
        setup = setup_of(case).copy()
        need(_lacks(setup), "the optimizer already moves every trainable parameter")
        register_hidden(setup.model)
        give(setup.optimizer, setup.model, _missing(setup))
        rate = _rate(setup)
        for group in _still(setup):
            group["lr"] = rate
        return setup


def _lacks(setup: Setup) -> bool:
    return bool(_missing(setup) or hidden_modules(setup.model) or _still(setup))


def _still(setup: Setup) -> list[dict[str, Any]]:
    """Groups whose rate is 0 from beginning to end, while others move."""
    groups = setup.optimizer.param_groups
    still = [g for g in groups if not any(g.get(key) for key in ("lr", "initial_lr", "max_lr"))]
    return still if len(still) < len(groups) else []


def _rate(setup: Setup) -> float:
    return max(float(group["lr"]) for group in setup.optimizer.param_groups)


def _missing(setup: Setup) -> list[str]:
    known = held(setup.optimizer)
    return [n for n, p in names_of(setup.model).items() if p.requires_grad and id(p) not in known]


cures.register("give_all_parameters")(GiveAllParameters())
