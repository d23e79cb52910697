"""Dropout wherever it is: in layers, inside recurrent and attention layers, and in calls inside a forward pass."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from whet.diagnosis.case import Case
from whet.diagnosis.cures.parts.interception import Call, Intercepting
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.setup import Forward, Setup
from whet.rng import drawing_globally

__all__ = ["dropout_rates", "with_dropout"]

CALLS = frozenset({"dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"})
INSIDE = (nn.RNNBase, nn.MultiheadAttention)


def dropout_rates(case: Case) -> list[float]:
    """Every rate above 0 that the model uses in training."""
    setup = setup_of(case).copy()
    setup.model.train()
    found = [float(m.dropout) for m in setup.model.modules() if isinstance(m, INSIDE)]

    def note(call: Call) -> Any:
        found.append(_rate(call))
        return call.make()

    with torch.no_grad(), drawing_globally(case.seed, "cure"), Intercepting(CALLS, note):
        setup.forward(setup.model, case.ask(batches).first[0])
    return [rate for rate in found if rate > 0]


def with_dropout(setup: Setup, *, most: float) -> Setup:
    """``setup`` (a copy) with no rate above ``most``."""
    module: Any
    for module in setup.model.modules():
        if isinstance(module, INSIDE):
            module.dropout = min(module.dropout, most)
        elif isinstance(getattr(module, "p", None), float) and "Dropout" in type(module).__name__:
            module.p = min(module.p, most)
    return replace(setup, forward=_Weakened(forward=setup.forward, most=most))


@dataclass(frozen=True, kw_only=True)
class _Weakened:
    forward: Forward
    most: float

    def __call__(self, model: nn.Module, batch: Any) -> tuple[Any, Any]:
        with Intercepting(CALLS, lambda call: call.with_argument(1, "p", min(_rate(call), self.most)).make()):
            return self.forward(model, batch)


def _rate(call: Call) -> float:
    given = call.argument(1, "p")
    return 0.5 if given is None else float(given)  # PyTorch's default
