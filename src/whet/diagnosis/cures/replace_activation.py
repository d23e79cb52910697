"""Hidden activations that let gradients through.

Helps: deep sigmoid and tanh networks whose first layers get no gradient, ReLU units that are dead.
Hurts: gates, which need values between 0 and 1; the activation before the loss is left alone.
Source: Glorot et al., "Deep Sparse Rectifier Neural Networks", AISTATS 2011; Maas et al., "Rectifier Nonlinearities
    Improve Neural Network Acoustic Models", ICML workshop 2013.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need
from whet.diagnosis.cures.parts.interception import Call, Intercepting
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.cures.parts.output_activation import ACTIVATIONS, output_activation
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.setup import Forward, Setup
from whet.finding import Finding
from whet.rng import drawing_globally

__all__ = ["ReplaceActivation", "flat_activations"]

FLAT = ("sigmoid", "tanh", "hardsigmoid", "hardtanh")
CUT = ("relu", "relu6")


@dataclass(frozen=True, kw_only=True)
class ReplaceActivation:
    """Sigmoid and tanh become ReLU; where the finding is about dead units, or there are none, ReLU becomes leaky."""

    title: str = "replace the hidden activations"
    slope: float = 0.1  # of the leaky ReLU below 0: enough for dead units to come back within a short training

    def applies(self, case: Case) -> bool:
        """Where a hidden activation of either kind is called."""
        return is_so(lambda: bool(_hidden(case)))

    def advice(self, case: Case, finding: Finding | None) -> str:
        """What for what."""
        names = _to_replace(case, finding)
        new = "nn.ReLU()" if set(names.values()) & set(FLAT) else f"nn.LeakyReLU({self.slope:g})"
        return f"use {new} in the hidden layers  # was {', '.join(sorted(set(names.values())))}"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Change the calls inside the forward pass, by modules or functions alike."""
        names = _to_replace(case, finding)
        need(bool(names), "no hidden sigmoid, tanh or ReLU is called")
        setup = setup_of(case).copy()
        kept = _output_index(case)
        return replace(
            setup,
            forward=_Replaced(forward=setup.forward, names=frozenset(names.values()), kept=kept, slope=self.slope),
        )


@dataclass(frozen=True, kw_only=True)
class _Replaced:
    forward: Forward
    names: frozenset[str]
    kept: int | None  # the call that makes the outputs
    slope: float

    def __call__(self, model: nn.Module, batch: Any) -> tuple[Any, Any]:
        with Intercepting(ACTIVATIONS, self._answer):
            return self.forward(model, batch)

    def _answer(self, call: Call) -> Any:
        if call.name not in self.names or call.index == self.kept:
            return call.make()
        if call.name in FLAT:
            return functional.relu(call.outputs)
        return functional.leaky_relu(call.outputs, self.slope)


def flat_activations(case: Case) -> dict[int, str]:
    """Names of the hidden sigmoids and tanhs by their place among the activations that a forward pass calls."""
    return {i: n for i, n in _hidden(case).items() if n in FLAT}


def _to_replace(case: Case, finding: Finding | None) -> dict[int, str]:
    found = _hidden(case)
    flat = {i: n for i, n in found.items() if n in FLAT}
    cut = {i: n for i, n in found.items() if n in CUT}
    return cut if (finding is not None and finding.symptom == "dead_units" and cut) or not flat else flat


def _hidden(case: Case) -> dict[int, str]:
    """Calls of activations in the forward pass that could be replaced."""
    setup, kept = setup_of(case).copy(), _output_index(case)
    found: dict[int, str] = {}

    def note(call: Call) -> Any:
        if call.name in (*FLAT, *CUT) and call.index != kept:
            found[call.index] = call.name
        return call.make()

    with torch.no_grad(), drawing_globally(case.seed, "cure"), Intercepting(ACTIVATIONS, note):
        setup.forward(setup.model, case.ask(batches).first[0])
    return found


def _output_index(case: Case) -> int | None:
    found = output_activation(setup_of(case).copy(), case.ask(batches).first[0])
    return found.index if found is not None and found.inside == "forward" else None


cures.register("replace_activation")(ReplaceActivation())
