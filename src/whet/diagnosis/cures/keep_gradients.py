"""Gradients that flow through the whole model: no ``detach`` and no ``no_grad`` on the way from weights to loss.

Helps: layers that stay at their random start because ``forward`` cuts the graph behind them, a leftover of evaluation.
Hurts: stops that are meant (targets of a teacher, straight-through estimators): they are taken out as well.
Source: PyTorch documentation, "Autograd mechanics", locally disabling gradient computation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need
from whet.diagnosis.cures.parts.following import give, names_of
from whet.diagnosis.cures.parts.interception import Call, Intercepting
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.setup import Forward, Loss, Setup
from whet.finding import Finding
from whet.rng import drawing_globally

__all__ = ["KeepGradients"]

CUTS = frozenset({"detach", "_set_grad_enabled", "__get"})  # the last one reads attributes, ``data`` among them
PASSES = 2  # a graph that is carried into the next step would fail in the second one


@dataclass(frozen=True, kw_only=True)
class KeepGradients:
    """``detach()``, ``.data`` and ``torch.no_grad()`` inside the forward pass and the loss do nothing any more."""

    title: str = "let gradients through the whole model"

    def applies(self, case: Case) -> bool:
        """Where more parameters get a gradient without the cuts, step after step."""
        return is_so(lambda: bool(case.ask(_freed)))

    def advice(self, case: Case, finding: Finding | None) -> str:
        """What to take out, with names of what then learns."""
        names = case.ask(_freed)
        shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
        return f"take .detach(), .data and torch.no_grad() out of forward and the loss  # they cut off {shown}"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Change the calls inside the forward pass and the loss."""
        names = case.ask(_freed)
        need(
            bool(names), "no detach() or no_grad() in the forward pass or the loss keeps a parameter from its gradient"
        )
        setup = _uncut(setup_of(case).copy())
        give(setup.optimizer, setup.model, names)
        return setup


@dataclass(frozen=True, kw_only=True)
class _Uncut:
    """A forward pass or a loss; where gradients are off from outside, it is left as it is."""

    function: Forward | Loss

    def __call__(self, first: Any, second: Any) -> Any:
        if not torch.is_grad_enabled():
            return self.function(first, second)
        with Intercepting(CUTS, _answer):
            return self.function(first, second)


def _answer(call: Call) -> Any:
    if call.name == "_set_grad_enabled":
        return call.function(True) if call.args[0] else None
    if call.name == "detach":
        return call.args[0]
    is_data = getattr(call.function, "__self__", None) is Tensor.data
    return call.args[0] if is_data else call.make()


def _uncut(setup: Setup) -> Setup:
    return replace(setup, forward=_Uncut(function=setup.forward), loss=_Uncut(function=setup.loss))


def _freed(case: Case) -> list[str]:
    """Parameters that get a gradient only without the cuts."""
    own, uncut = setup_of(case).copy(), _uncut(setup_of(case).copy())
    before = _reached(own, case)
    return [name for name in _reached(uncut, case) if name not in before]


def _reached(setup: Setup, case: Case) -> list[str]:
    setup.model.train()
    with drawing_globally(case.seed, "cure"), torch.enable_grad():
        for _ in range(PASSES):
            loss = setup.loss(*setup.forward(setup.model, case.ask(batches).first[0]))
            if not loss.requires_grad:
                return []
            loss.backward()  # type: ignore[no-untyped-call]
    return [n for n, p in _trainable(setup.model).items() if p.grad is not None]


def _trainable(model: nn.Module) -> dict[str, nn.Parameter]:
    return {n: p for n, p in names_of(model).items() if p.requires_grad}


cures.register("keep_gradients")(KeepGradients())
