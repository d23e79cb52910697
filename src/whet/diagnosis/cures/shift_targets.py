"""Targets put back beside the inputs that they belong to.

Helps: labels that slipped by one against their inputs, in a data set's order or along time. Hurts: forecasting, where
the target is later on purpose.
Source: Sculley et al., "Hidden Technical Debt in Machine Learning Systems", NeurIPS 2015, on data dependencies.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor, nn

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need, told
from whet.diagnosis.cures.parts.loaders import is_indexed, rebuilt
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.cures.parts.target_shift import Realigned, best_shift
from whet.diagnosis.probes.neighbours import lagged_steps
from whet.diagnosis.setup import Forward, Setup
from whet.errors import CannotJudgeError
from whet.finding import Finding

__all__ = ["ShiftTargets"]


@dataclass(frozen=True, kw_only=True)
class ShiftTargets:
    """Evidence ``shift``: the target of example i stands at ``i + shift``; ``along``: "time" or "examples"."""

    title: str = "put the targets back beside their inputs"

    def applies(self, case: Case) -> bool:
        """Where nearest neighbours agree better about targets some places away."""
        return is_so(lambda: case.ask(_slipped) != 0)

    def advice(self, case: Case, finding: Finding | None) -> str:
        """The line, with the shift."""
        shift, along = _meant(case, finding)
        index = f"targets[{shift}:]" if shift > 0 else f"targets[:{shift}]"
        inputs = f"inputs[:-{shift}]" if shift > 0 else f"inputs[{-shift}:]"
        return f"inputs, targets = {inputs}, {index}  # along {along}: the targets had slipped by {abs(shift)}"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Change the loaders, or the end of the forward pass where the shift is along time."""
        setup, (shift, along) = setup_of(case).copy(), _meant(case, finding)
        need(shift != 0, "no shift of the targets makes them fit better")
        if along == "time":
            return replace(setup, forward=_InTime(forward=setup.forward, shift=shift))
        need(is_indexed(setup.train), "the training loader has no data set in a fixed order")
        train: Any = setup.train
        mended = replace(setup, train=rebuilt(train, dataset=Realigned(train.dataset, shift)))
        if is_indexed(setup.valid) and best_shift(setup.valid.dataset) == shift:  # type: ignore[union-attr]
            valid: Any = setup.valid
            mended = replace(mended, valid=rebuilt(valid, dataset=Realigned(valid.dataset, shift)))
        return mended


@dataclass(frozen=True, kw_only=True)
class _InTime:
    forward: Forward
    shift: int

    def __call__(self, model: nn.Module, batch: Any) -> tuple[Any, Any]:
        if _is_pair(batch):
            inputs, targets = batch
            kept, first = targets.shape[1] - abs(self.shift), max(0, -self.shift)
            return self.forward(model, (inputs.narrow(1, first, kept), targets.narrow(1, first + self.shift, kept)))
        outputs, targets = self.forward(model, batch)
        if not isinstance(outputs, Tensor) or not isinstance(targets, Tensor) or targets.ndim < 2:
            return outputs, targets
        length = targets.shape[1]
        axis = 1 if outputs.shape[1] == length else outputs.ndim - 1
        kept, first = length - abs(self.shift), max(0, -self.shift)
        return outputs.narrow(axis, first, kept), targets.narrow(1, first + self.shift, kept)


def _is_pair(batch: Any) -> bool:
    """Inputs and targets for the same steps: both are cut, as a person would do it."""
    both = isinstance(batch, list | tuple) and len(batch) == 2 and all(isinstance(v, Tensor) for v in batch)
    return both and batch[1].ndim >= 2 and batch[0].shape[:2] == batch[1].shape[:2]


def _meant(case: Case, finding: Finding | None) -> tuple[int, str]:
    """(shift, along): what the finding says, else what the nearest neighbours say.

    The rule names the place of the input that belongs to a target, so the target's own place is the other way round;
    where targets are copies of inputs (threshold 1), the next step's input is what they should be.
    """
    named, lag = told(finding, "shift"), told(finding, "value")
    if finding is None or (named is None and (lag is None or finding.symptom != "shifted_targets")):
        return case.ask(_slipped), "examples"
    if named is not None:
        return int(named), str(finding.evidence.get("along", "examples"))
    assert lag is not None
    if finding.evidence.get("threshold") == 1:
        return 1 - int(lag), "time"
    return -int(lag), "time" if _has_steps(case) else "examples"


def _has_steps(case: Case) -> bool:
    try:
        case.ask(lagged_steps)
    except CannotJudgeError:
        return False
    return True


def _slipped(case: Case) -> int:
    loader: Any = setup_of(case).train
    need(is_indexed(loader), "the training loader has no data set in a fixed order")
    return best_shift(loader.dataset)


cures.register("shift_targets")(ShiftTargets())
