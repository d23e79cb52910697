"""Outputs in the shape of the targets, so that a loss compares each example with its own.

Helps: outputs (B, 1) against targets (B,), which broadcast to (B, B). Hurts: nothing where the shapes agree.
Source: NumPy and PyTorch documentation, "Broadcasting semantics"; the warning of ``mse_loss`` on sizes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need
from whet.diagnosis.cures.parts.interception import Call
from whet.diagnosis.cures.parts.loss_rewriting import Rewritten, loss_call
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.setup import Loss, Setup
from whet.errors import CannotJudgeError
from whet.finding import Finding
from whet.rng import drawing_globally

__all__ = ["MatchShapes"]


PAIRED = frozenset(
    ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits"]
)


@dataclass(frozen=True, kw_only=True)
class MatchShapes:
    """``outputs.reshape(targets.shape)`` inside the loss; also for a loss of the user's own on two tensors."""

    title: str = "give outputs and targets one shape"

    def applies(self, case: Case) -> bool:
        """Where they hold as many numbers in different shapes."""
        return is_so(lambda: _matters(case))

    def advice(self, case: Case, finding: Finding | None) -> str:
        """With both shapes."""
        out, target = tuple(_outputs(case).shape), tuple(_targets(case).shape)
        return f"loss = loss_fn(outputs.reshape(targets.shape), targets)  # outputs are {out}, targets {target}"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Reshape before the loss."""
        need(_matters(case), "outputs and targets already have one shape, or the loss sees to it")
        setup = setup_of(case).copy()
        if _is_own(case):
            return replace(setup, loss=_Reshaped(loss=setup.loss))
        return replace(setup, loss=Rewritten(loss=setup.loss, rewrite=_reshaped))


@dataclass(frozen=True, kw_only=True)
class _Reshaped:
    loss: Loss

    def __call__(self, outputs: Any, targets: Any) -> Tensor:
        return self.loss(outputs.reshape(targets.shape) if _differ(outputs, targets) else outputs, targets)


def _reshaped(call: Call) -> Call:
    if call.name in PAIRED and _differ(call.outputs, call.targets):
        return call.with_argument(0, "input", call.outputs.reshape(call.targets.shape))
    return call


def _differ(outputs: Any, targets: Any) -> bool:
    both = isinstance(outputs, Tensor) and isinstance(targets, Tensor)
    return both and outputs.shape != targets.shape and outputs.numel() == targets.numel()


def _matters(case: Case) -> bool:
    """A loss of the user's own may take the shapes as they are and be right: then the value would be another."""
    if not _differ(_outputs(case), _targets(case)):
        return False
    if not _is_own(case):
        return True
    loss = setup_of(case).copy().loss
    plain = loss(_outputs(case), _targets(case))
    reshaped = loss(_outputs(case).reshape(_targets(case).shape), _targets(case))
    return not torch.allclose(plain, reshaped, rtol=1e-4)


def _is_own(case: Case) -> bool:
    """The loss is written with plain arithmetic."""
    try:
        name = case.ask(loss_call).name
    except CannotJudgeError:
        return True
    need(name in PAIRED, f"{name} does not take outputs and targets of one shape")
    return False


def _pair(case: Case) -> tuple[Any, Any]:
    if not _is_own(case):
        call = case.ask(loss_call)
        return call.outputs, call.targets
    setup = setup_of(case).copy()
    with torch.no_grad(), drawing_globally(case.seed, "cure"):
        return setup.forward(setup.model, case.ask(batches).first[0])


def _outputs(case: Case) -> Tensor:
    value: Tensor = case.ask(_pair)[0]
    return value


def _targets(case: Case) -> Tensor:
    value: Tensor = case.ask(_pair)[1]
    return value


cures.register("match_shapes")(MatchShapes())
