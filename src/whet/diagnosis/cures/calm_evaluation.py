"""Nothing is drawn in evaluation: dropout and added noise only while training.

Helps: ``F.dropout(x, p)`` without ``training=self.training``, noise added in ``forward`` whatever the mode.
Hurts: Monte-Carlo dropout and models that sample on purpose.
Source: PyTorch documentation, ``torch.nn.functional.dropout``, ``training``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need
from whet.diagnosis.cures.parts.interception import Call, Intercepting
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.tensors import tensors_in
from whet.diagnosis.setup import Forward, Setup
from whet.finding import Finding
from whet.rng import drawing_globally

__all__ = ["CalmEvaluation"]

DROPS = frozenset(
    {"dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_dropout", "feature_alpha_dropout"}
)
NOISE = frozenset({"randn", "randn_like"})  # of mean 0: left out, nothing is what is expected of it


@dataclass(frozen=True, kw_only=True)
class CalmEvaluation:
    """Calls of dropout give their input, and normal draws 0, whenever the model is in evaluation mode."""

    title: str = "draw nothing in evaluation"

    def applies(self, case: Case) -> bool:
        """Where outputs in evaluation mode differ from pass to pass, and would not any more."""
        return is_so(lambda: case.ask(_helps))

    def advice(self, case: Case, finding: Finding | None) -> str:
        """Both lines."""
        return "F.dropout(x, p, training=self.training)  # or nn.Dropout(p); noise only under `if self.training:`"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Change the calls inside the forward pass."""
        need(case.ask(_helps), "nothing that can be left out is drawn in evaluation mode")
        setup = setup_of(case).copy()
        return replace(setup, forward=_Calm(forward=setup.forward))


@dataclass(frozen=True, kw_only=True)
class _Calm:
    forward: Forward

    def __call__(self, model: nn.Module, batch: Any) -> tuple[Any, Any]:
        if model.training:
            return self.forward(model, batch)
        with Intercepting(DROPS | NOISE, _answer):
            return self.forward(model, batch)


def _answer(call: Call) -> Any:
    return call.outputs if call.name in DROPS else torch.zeros_like(call.make())


def _helps(case: Case) -> bool:
    setup = setup_of(case).copy()
    return _differs(setup, case) and not _differs(replace(setup, forward=_Calm(forward=setup.forward)), case)


def _differs(setup: Setup, case: Case) -> bool:
    one, other = (_outputs(setup, case, reading) for reading in ("first", "second"))
    return any(not torch.equal(a, b) for a, b in zip(one, other))


def _outputs(setup: Setup, case: Case, reading: str) -> list[Tensor]:
    setup.model.eval()
    with torch.no_grad(), drawing_globally(case.seed, "cure", reading):
        outputs, _ = setup.forward(setup.model, case.ask(batches).first[0])
    return tensors_in(outputs)


cures.register("calm_evaluation")(CalmEvaluation())
