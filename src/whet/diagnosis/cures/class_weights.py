"""Rare classes weigh as much as common ones in the loss.

Helps: classes that are never predicted because they are rare. Hurts: plain accuracy, and calibrated probabilities.
Source: King and Zeng, "Logistic Regression in Rare Events Data", 2001; PyTorch documentation of ``weight``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need
from whet.diagnosis.cures.parts.interception import Call
from whet.diagnosis.cures.parts.loss_rewriting import Rewritten, all_targets, loss_call
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.setup import Setup
from whet.finding import Finding

__all__ = ["ClassWeights"]


BINARY = "binary_cross_entropy_with_logits"


@dataclass(frozen=True, kw_only=True)
class ClassWeights:
    """Weight N / (K x count) per class, or ``pos_weight`` for yes and no."""

    title: str = "weight the classes"
    least_ratio: float = 2.0  # of the most to the least common class
    most_weight: float = 100.0  # relative to the most common class: beyond, single examples rule the training

    def applies(self, case: Case) -> bool:
        """Where classes differ in size and the loss takes weights."""
        return is_so(lambda: self._ratio(case) >= self.least_ratio)

    def advice(self, case: Case, finding: Finding | None) -> str:
        """The setting, with the weights."""
        weights = self._weights(case)
        name = "nn.BCEWithLogitsLoss(pos_weight" if case.ask(loss_call).name == BINARY else "nn.CrossEntropyLoss(weight"
        shown = ", ".join(f"{w:.3g}" for w in weights[:8].tolist()) + (", ..." if len(weights) > 8 else "")
        return f"loss = {name}=torch.tensor([{shown}]))"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Change the call of the loss."""
        weighting = _Weighted(name=case.ask(loss_call).name, weights=self._weights(case))
        setup = setup_of(case).copy()
        return replace(setup, loss=Rewritten(loss=setup.loss, rewrite=weighting))

    def _ratio(self, case: Case) -> float:
        counts = _counts(case)
        counts = counts[counts > 0]
        return float(counts.max() / counts.min()) if len(counts) > 1 else 1.0

    def _weights(self, case: Case) -> Tensor:
        counts = _counts(case)
        if case.ask(loss_call).name == BINARY:
            return (counts[:1] / counts[1:].clamp_min(1)).clamp(1 / self.most_weight, self.most_weight)
        is_there = counts > 0
        weights = counts.sum() / (is_there.sum() * counts.clamp_min(1))
        weights = weights.clamp_max(self.most_weight * float(weights[is_there].min()))
        return torch.where(is_there, weights, torch.ones(()))


@dataclass(frozen=True, kw_only=True)
class _Weighted:
    name: str
    weights: Tensor

    def __call__(self, call: Call) -> Call:
        if call.name != self.name:
            return call
        key = "pos_weight" if self.name == BINARY else "weight"
        return replace(call, kwargs={**call.kwargs, key: self.weights.to(call.outputs)}, args=call.args[:2])


def _counts(case: Case) -> Tensor:
    """(K,) float: examples of each class."""
    call, targets = case.ask(loss_call), case.ask(all_targets)
    if call.name == BINARY:
        yes = (targets > 0.5).sum()
        return torch.stack([targets.numel() - yes, yes]).float()
    need(call.name in ("cross_entropy", "nll_loss"), f"{call.name} does not take weights of classes")
    codes = targets.argmax(dim=1) if targets.is_floating_point() else targets
    codes = codes[codes >= 0].flatten()
    return torch.bincount(codes, minlength=call.outputs.shape[1]).float()


cures.register("class_weights")(ClassWeights())
