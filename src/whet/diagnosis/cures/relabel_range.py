"""Labels numbered as the loss takes them: 0 to K - 1, or 0 and 1.

Helps: classes counted from 1, labels of -1 and 1, codes with gaps. Hurts: nothing where the labels are in range.
Source: PyTorch documentation of ``nn.CrossEntropyLoss``: class indices in [0, C).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need
from whet.diagnosis.cures.parts.interception import Call
from whet.diagnosis.cures.parts.loss_rewriting import Rewritten, all_targets, loss_call
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.setup import Forward, Setup
from whet.finding import Finding
from whet.rng import drawing_globally

__all__ = ["RelabelRange"]


IGNORED = -100  # PyTorch's default label of examples that do not count
CLASSES = ("cross_entropy", "nll_loss", "multi_margin_loss")
BINARY = ("binary_cross_entropy", "binary_cross_entropy_with_logits")


@dataclass(frozen=True, kw_only=True)
class RelabelRange:
    """The values that occur, in order, become 0, 1, 2, ...; where they only start too late, they are moved down."""

    title: str = "number the labels from 0"

    def applies(self, case: Case) -> bool:
        """Where a label is out of range and renumbering brings all of them into it."""
        return is_so(lambda: bool(_mapping(case)))

    def advice(self, case: Case, finding: Finding | None) -> str:
        """The line: a subtraction where that is enough."""
        mapping = _mapping(case)
        steps = {old - new for old, new in mapping.items()}
        if len(steps) == 1:
            step = steps.pop()
            return f"targets = targets - {step:g}" if step > 0 else f"targets = targets + {-step:g}"
        shown = ", ".join(f"{old:g}: {new:g}" for old, new in list(mapping.items())[:6])
        return f"renumber the labels before the loss: {{{shown}{', ...' if len(mapping) > 6 else ''}}}"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Change the targets themselves, for training and scoring; where the loss makes its own, what it is given."""
        mapping = _mapping(case)
        need(bool(mapping), "the labels are in range, or there are more of them than outputs")
        setup = setup_of(case).copy()
        if _is_given(setup, case):
            return replace(setup, forward=_InForward(forward=setup.forward, mapping=mapping))
        return replace(setup, loss=Rewritten(loss=setup.loss, rewrite=_Renumbered(mapping=mapping)))


@dataclass(frozen=True, kw_only=True)
class _Renumbered:
    mapping: Mapping[float, float]

    def __call__(self, call: Call) -> Call:
        return call.with_argument(1, "target", _renumbered(call.targets, self.mapping))


@dataclass(frozen=True, kw_only=True)
class _InForward:
    forward: Forward
    mapping: Mapping[float, float]

    def __call__(self, model: nn.Module, batch: Any) -> tuple[Any, Any]:
        outputs, targets = self.forward(model, batch)
        return outputs, _renumbered(targets, self.mapping) if isinstance(targets, Tensor) else targets


def _renumbered(targets: Tensor, mapping: Mapping[float, float]) -> Tensor:
    new_targets = targets.clone()
    for old, new in mapping.items():
        new_targets[targets == old] = new
    return new_targets


def _is_given(setup: Setup, case: Case) -> bool:
    """Whether the loss is given the batch's targets as they are, so that they can be mended before it."""
    call = case.ask(loss_call)
    with torch.no_grad(), drawing_globally(case.seed, "cure"):
        _, targets = setup.forward(setup.model, case.ask(batches).first[0])
    return isinstance(targets, Tensor) and set(targets.flatten().tolist()) == set(call.targets.flatten().tolist())


def _mapping(case: Case) -> dict[float, float]:
    """Old label -> new label; empty where nothing is to be done or nothing helps."""
    call, targets = case.ask(loss_call), case.ask(all_targets)
    values = [float(v) for v in torch.unique(targets) if float(v) != IGNORED and v == v]
    if call.name in CLASSES and not targets.is_floating_point():
        num = call.outputs.shape[1] if call.outputs.ndim > 1 else call.outputs.shape[0]
        return _renumber(values, num)
    if call.name in BINARY and len(values) == 2:
        return _renumber(values, 2)
    return {}


def _renumber(values: list[float], num: int) -> dict[float, float]:
    if not values or (min(values) >= 0 and max(values) < num) or len(values) > num:
        return {}
    first = min(values)
    if max(values) - first < num and all(v == int(v) for v in values) and (num > 2 or max(values) - first == 1):
        return {v: v - first for v in values}
    return {v: float(i) for i, v in enumerate(values)}


cures.register("relabel_range")(RelabelRange())
