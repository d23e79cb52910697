"""Which layers begin with identical units and stay so: the layer is then worth one unit."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from whet.diagnosis.case import Case
from whet.diagnosis.probes.layers_seen import layers_used, weight_layers
from whet.diagnosis.probes.pace import light
from whet.diagnosis.probes.short_runs import as_reason, short_run
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError

__all__ = ["SymmetricLayer", "symmetric_layers"]

STEPS = 5  # of an optimiser of our own, so that a tiny warm-up rate does not look like symmetry
RATE = 1e-2


@dataclass(frozen=True, kw_only=True)
class SymmetricLayer:
    """A weight whose units are still the same after a few steps."""

    name: str  # dotted name of the parameter
    kind: str  # class of the module that holds it
    units: int
    distinct: int  # after the steps
    value: float  # at the start, of its first entry


def symmetric_layers(case: Case) -> tuple[SymmetricLayer, ...]:
    """In order of use. The layer that gives the outputs is left out: its units are told apart by their targets."""
    if case.setup is None:
        raise CannotJudgeError("needs the model and its data")
    setup = case.setup.copy()
    suspects = _identical(setup, case)
    if not suspects:
        return ()
    names = {name: (kind, float(p.detach().flatten()[0])) for name, kind, p in suspects}
    trainable = [p for p in setup.model.parameters() if p.requires_grad]
    setup.model.train()
    short_run(setup, case.ask(light)[:STEPS], steps=STEPS, optimizer=torch.optim.Adam(trainable, lr=RATE))
    after = dict(setup.model.named_parameters())
    found = []
    for name, (kind, value) in names.items():
        units, distinct = len(after[name]), _num_distinct(after[name])
        if distinct <= max(1, units // 4):  # an LSTM has 4 kinds of rows
            found.append(SymmetricLayer(name=name, kind=kind, units=units, distinct=distinct, value=value))
    return tuple(found)


def _identical(setup: Setup, case: Case) -> list[tuple[str, str, nn.Parameter]]:
    """Trainable matrices of hidden layers whose rows are all the same at the start."""
    setup.model.train()
    with as_reason("the first forward pass"), layers_used(setup.model) as uses:
        setup.forward(setup.model, case.ask(light)[0])
    layers = weight_layers(uses)
    last = layers[-1].module if layers else None
    found = []
    for use in {u.name: u for u in layers if u.module is not last}.values():
        for own, p in use.module.named_parameters(recurse=False):
            if p.requires_grad and p.ndim >= 2 and len(p) >= 2 and _num_distinct(p) == 1:
                name = f"{use.name}.{own}" if use.name else own
                found.append((name, type(use.module).__name__, p))
    return found


def _num_distinct(weight: Tensor) -> int:
    """Rows that differ by more than rounding."""
    rows = weight.detach().double().flatten(1).cpu()
    size = float(rows.abs().max()) or 1.0
    return len(torch.unique((rows / (size * 1e-5)).round(), dim=0))
