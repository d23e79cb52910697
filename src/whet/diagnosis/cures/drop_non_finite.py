"""Examples with NaN or infinity left out of training; such inputs are filled with the mean when the model meets them.

Helps: losses that turn NaN because of a few broken values. Hurts: columns that are mostly empty, which are filled only.
Source: PyTorch documentation, ``torch.nan_to_num``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need
from whet.diagnosis.cures.parts.fresh_weights import mend_broken_weights
from whet.diagnosis.cures.parts.input_hooks import FillBroken
from whet.diagnosis.cures.parts.input_statistics import input_statistics
from whet.diagnosis.cures.parts.loaders import Changed
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.cures.parts.regrouping import num_examples, pick
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.tensors import tensors_in
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError
from whet.finding import Finding

__all__ = ["DropNonFinite"]


MOST = 0.5  # share of the examples that may be dropped; beyond, broken inputs are only filled


@dataclass(frozen=True, kw_only=True)
class DropNonFinite:
    """In the training loader, and as a hook before the model. Weights that already are NaN are drawn anew."""

    title: str = "leave out examples with NaN or infinity"

    def applies(self, case: Case) -> bool:
        """Where a batch that was read has such a value."""
        return is_so(lambda: case.ask(_share) > 0)

    def advice(self, case: Case, finding: Finding | None) -> str:
        """The line, with the share."""
        share = 100 * case.ask(_share)
        return (
            f"keep = x.isfinite().flatten(1).all(1) & y.isfinite()  # {share:.2g} % of the examples are broken; "
            "or fill them: x = torch.nan_to_num(x)"
        )

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Change the training loader and the copy of the model."""
        need(case.ask(_share) > 0, "every value of the batches read is finite")
        setup = setup_of(case).copy()
        try:
            fill = FillBroken(fill=case.ask(input_statistics).mean)
            setup.model.register_forward_pre_hook(fill, with_kwargs=True)
        except CannotJudgeError:
            pass  # inputs without real numbers have nothing to fill
        mend_broken_weights(setup)
        change = _Whole(targets_only=case.ask(_share) > MOST)
        return replace(setup, train=Changed(source=setup.train, change=change))


@dataclass(frozen=True, kw_only=True)
class _Whole:
    targets_only: bool

    def __call__(self, batch: Any) -> Any:
        whole = _whole(batch, targets_only=self.targets_only)
        if bool(whole.all()):
            return batch
        return pick(batch, whole.nonzero().flatten()) if bool(whole.any()) else None


def _whole(batch: Any, *, targets_only: bool = False) -> Tensor:
    """(B,) bool: examples whose every value is finite."""
    given = tensors_in(batch)
    fine = torch.ones(num_examples(batch) or 0, dtype=torch.bool)
    for tensor in given[-1:] if targets_only else given:
        if tensor.is_floating_point() and len(fine):
            fine &= tensor.detach().cpu().reshape(len(fine), -1).isfinite().all(dim=1)
    return fine


def _share(case: Case) -> float:
    """Of the examples read, how many are broken."""
    whole = torch.cat([_whole(batch) for batch in case.ask(batches).first])
    return float((~whole).float().mean()) if len(whole) else 0.0


cures.register("drop_non_finite")(DropNonFinite())
