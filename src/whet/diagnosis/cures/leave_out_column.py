"""Training without a column that gives the target away.

Helps: a column filled in after the fact or made from the target, which is missing or wrong when the model is used.
Hurts: a column that honestly decides; then it should stay, and this must not be done.
Source: Kaufman et al., "Leakage in Data Mining", KDD 2011.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor, nn

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.probes.inputs import inputs
from whet.diagnosis.probes.single_columns import single_columns
from whet.diagnosis.setup import Setup
from whet.finding import Finding

__all__ = ["LeaveOutColumn"]


@dataclass(frozen=True, kw_only=True)
class LeaveOutColumn:
    """The column is set to its training mean before the model, in training and evaluation: it says nothing any more."""

    title: str = "leave out the column that gives the target away"
    telling: float = 0.98  # skill of a column alone, from which it is left out where no finding names one

    def applies(self, case: Case) -> bool:
        """Where one column alone tells the target."""
        return is_so(lambda: max(case.ask(single_columns).skills) >= self.telling)

    def advice(self, case: Case, finding: Finding | None) -> str:
        """The line, with the column."""
        column = self._column(case, finding)
        return f"x = np.delete(x, {column}, axis=1)  # for training and validation, and one input less in the model"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """As a hook before the model."""
        column = self._column(case, finding)
        setup = setup_of(case).copy()
        mean = float(case.ask(inputs).train[:, column].mean())
        setup.model.register_forward_pre_hook(_Constant(column=column, value=mean))
        return setup

    def _column(self, case: Case, finding: Finding | None) -> int:
        skills = case.ask(single_columns).skills
        named = re.fullmatch(r"column (\d+)", str(finding.where)) if finding is not None else None
        column = int(np.argmax(skills)) if named is None else int(named[1])
        need(skills[column] >= self.telling or named is not None, "no column alone tells the target")
        return column


@dataclass(frozen=True, kw_only=True)
class _Constant:
    column: int
    value: float

    def __call__(self, module: nn.Module, args: tuple[Any, ...]) -> Any:
        first, *rest = args
        if not isinstance(first, Tensor) or first.ndim != 2:
            return args
        changed = first.clone()
        changed[:, self.column] = self.value
        return changed, *rest


cures.register("leave_out_column")(LeaveOutColumn())
