"""The mean over the examples of a batch in place of their sum.

Helps: steps that grow with the batch size. Hurts: a learning rate that was chosen for the sum.
Source: PyTorch documentation, ``reduction`` of the loss functions.
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
from whet.diagnosis.cures.parts.regrouping import join
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.passes import run_batch
from whet.diagnosis.probes.tensors import tensors_in
from whet.diagnosis.setup import Loss, Setup
from whet.errors import CannotJudgeError
from whet.finding import Finding

__all__ = ["MeanLoss"]


SUM = 1.5  # twice the same batch: a sum gives 2 times the loss, a mean gives the same


@dataclass(frozen=True, kw_only=True)
class MeanLoss:
    """``reduction="mean"`` where PyTorch's function sums, else the loss divided by the number of examples."""

    title: str = "average the loss over the batch"

    def applies(self, case: Case) -> bool:
        """Where twice the same examples give about twice the loss."""
        return is_so(lambda: case.ask(_ratio) > SUM)

    def advice(self, case: Case, finding: Finding | None) -> str:
        """The setting."""
        return 'loss = ...Loss(reduction="mean")  # or divide by the batch size: loss = loss.sum() / len(targets)'

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Change the call of the loss."""
        need(case.ask(_ratio) > SUM, "the loss does not grow with the batch")
        setup = setup_of(case).copy()
        if _sums_by_setting(case):
            return replace(setup, loss=Rewritten(loss=setup.loss, rewrite=_averaged))
        return replace(setup, loss=_PerExample(loss=setup.loss))


@dataclass(frozen=True, kw_only=True)
class _PerExample:
    loss: Loss

    def __call__(self, outputs: Any, targets: Any) -> Tensor:
        given = tensors_in(targets) or tensors_in(outputs)
        return self.loss(outputs, targets) / max(1, len(given[0]) if given and given[0].ndim else 1)


def _averaged(call: Call) -> Call:
    if call.kwargs.get("reduction") != "sum":
        return call
    return replace(call, kwargs={**call.kwargs, "reduction": "mean"})


def _sums_by_setting(case: Case) -> bool:
    try:
        return case.ask(loss_call).kwargs.get("reduction") == "sum"
    except CannotJudgeError:
        return False


def _ratio(case: Case) -> float:
    """Loss of a batch given twice over the loss of the batch."""
    setup = setup_of(case).copy()
    with torch.no_grad():
        seen = run_batch(setup, case.ask(batches).first[0], seed=case.seed)
        once = float(setup.loss(seen.outputs, seen.targets))
        twice = float(setup.loss(_doubled(seen.outputs), _doubled(seen.targets)))
    return twice / once if once else 0.0


def _doubled(value: Any) -> Any:
    return join([value, value])


cures.register("mean_loss")(MeanLoss())
