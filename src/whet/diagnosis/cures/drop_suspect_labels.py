"""Training without the examples whose labels are probably wrong.

Helps: many wrong labels, which a network learns by heart in the end.
Hurts: rare kinds of examples that simple models do not understand, and take for mistakes.
Source: Northcutt et al., "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 2021.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from torch.utils.data import Subset

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need
from whet.diagnosis.cures.parts.loaders import rebuilt
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.cures.parts.suspects import suspects
from whet.diagnosis.setup import Setup
from whet.finding import Finding

__all__ = ["DropSuspectLabels"]

SHOWN = 5  # rows


@dataclass(frozen=True, kw_only=True)
class DropSuspectLabels:
    """Those that simple models contradict which did not see them; validation examples stay as they are."""

    title: str = "leave out training examples with suspect labels"
    least: float = 0.02  # share of the examples; fewer are what simple models get wrong
    most: float = 0.6  # beyond, the models are at fault

    def applies(self, case: Case) -> bool:
        """Where there are such examples, and simple models do no worse without them."""
        return is_so(lambda: self._is_use(case))

    def advice(self, case: Case, finding: Finding | None) -> str:
        """The line, with how many and the first of them."""
        found = case.ask(suspects)
        shown = ", ".join(map(str, found.rows[:SHOWN])) + (", ..." if len(found.rows) > SHOWN else "")
        return f"look through these {len(found.rows)} of {found.num} training examples, or leave them out: rows {shown}"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Change the training loader only."""
        need(self._is_use(case), "no labels that simple models contradict, or training without them is no better")
        found, setup = case.ask(suspects), setup_of(case).copy()
        train: Any = setup.train
        kept = np.setdiff1d(np.arange(found.num), found.rows).tolist()
        return replace(setup, train=rebuilt(train, dataset=Subset(train.dataset, kept)))

    def _is_use(self, case: Case) -> bool:
        found = case.ask(suspects)
        return self.least <= found.share <= self.most and found.helps


cures.register("drop_suspect_labels")(DropSuspectLabels())
