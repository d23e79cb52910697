"""Targets with mean 0 and standard deviation 1 inside the loss; outputs keep the target's own units.

Helps: regression of large or far-off numbers, which a network reaches only after very many steps.
Hurts: losses whose scale has a meaning (Poisson counts, likelihoods).
Source: LeCun et al., "Efficient BackProp", 1998, section 4.5.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor, nn

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need
from whet.diagnosis.cures.parts.interception import Call
from whet.diagnosis.cures.parts.loss_rewriting import Rewritten, all_targets, loss_call
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.setup import Forward, Setup
from whet.finding import Finding

__all__ = ["StandardiseTargets"]


NUMBERS = frozenset({"mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"})


@dataclass(frozen=True, kw_only=True)
class StandardiseTargets:
    """The model learns ``(y - mean) / std``; its outputs are multiplied by ``std`` and moved by ``mean`` afterwards."""

    title: str = "standardise the targets"
    most_mean: float = 1.0  # in standard deviations from 0
    most_std: float = 3.0
    least_std: float = 0.1

    def applies(self, case: Case) -> bool:
        """Where numbers are predicted that are far from mean 0 and spread 1."""
        return is_so(lambda: self._is_off(case))

    def advice(self, case: Case, finding: Finding | None) -> str:
        """The line, with the statistics."""
        mean, std = _moments(case)
        return f"y = (y - {mean:.4g}) / {std:.4g}  # before the loss; predictions = model(x) * {std:.4g} + {mean:.4g}"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Changes the end of the forward pass and the call of the loss."""
        need(case.ask(loss_call).name in NUMBERS, "the loss is not one of numbers")
        mean, std = _moments(case)
        setup = setup_of(case).copy()
        scaled = _Scaled(forward=setup.forward, mean=mean, std=std)
        loss = Rewritten(loss=setup.loss, rewrite=_Standardised(mean=mean, std=std))
        return replace(setup, forward=scaled, loss=loss)

    def _is_off(self, case: Case) -> bool:
        if case.ask(loss_call).name not in NUMBERS:
            return False
        mean, std = _moments(case)
        return abs(mean) > self.most_mean * std or not self.least_std < std < self.most_std


@dataclass(frozen=True, kw_only=True)
class _Scaled:
    forward: Forward
    mean: float
    std: float

    def __call__(self, model: nn.Module, batch: Any) -> tuple[Any, Any]:
        outputs, targets = self.forward(model, batch)
        return (outputs * self.std + self.mean if isinstance(outputs, Tensor) else outputs), targets


@dataclass(frozen=True, kw_only=True)
class _Standardised:
    mean: float
    std: float

    def __call__(self, call: Call) -> Call:
        call = call.with_argument(0, "input", (call.outputs - self.mean) / self.std)
        return call.with_argument(1, "target", (call.targets - self.mean) / self.std)


def _moments(case: Case) -> tuple[float, float]:
    targets = case.ask(all_targets).double()
    targets = targets[targets.isfinite()]
    std = float(targets.std()) if targets.numel() > 1 else 0.0
    return float(targets.mean()), std or 1.0


cures.register("standardise_targets")(StandardiseTargets())
