"""Normalisation that does not depend on the other examples of the batch.

Helps: batch normalisation with few examples per batch, or whose running statistics are far from those of the batches.
Hurts: large batches, where batch normalisation is a little better.
Source: Wu and He, "Group Normalization", ECCV 2018.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.cures.parts.replacing import exchange
from whet.diagnosis.setup import Setup
from whet.finding import Finding

__all__ = ["GroupNorm"]


@dataclass(frozen=True, kw_only=True)
class GroupNorm:
    """Every batch normalisation becomes a group normalisation with the same scale and shift."""

    title: str = "replace batch normalisation by group normalisation"
    most_groups: int = 32
    least_channels: int = 4  # per group: fewer values are too few to normalise by

    def applies(self, case: Case) -> bool:
        """Where there is a batch normalisation."""
        return is_so(lambda: any(_is_batch_norm(m) for m in setup_of(case).model.modules()))

    def advice(self, case: Case, finding: Finding | None) -> str:
        """The line, for the first of them."""
        found = next((m for m in setup_of(case).model.modules() if _is_batch_norm(m)), None)
        channels = 64 if found is None else int(cast(Any, found).num_features)
        return f"nn.GroupNorm({self._groups(channels)}, {channels})  # in place of BatchNorm; or batches of 32 and more"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Scale and shift stay the same parameters, so the optimiser keeps their state."""
        setup = setup_of(case).copy()
        exchanged = exchange(setup, lambda name, module: self._instead(module) if _is_batch_norm(module) else None)
        need(bool(exchanged), "there is no batch normalisation")
        return setup

    def _instead(self, old: Any) -> nn.Module:
        new = nn.GroupNorm(self._groups(old.num_features), old.num_features, eps=old.eps, affine=old.affine)
        if old.affine:
            new.weight, new.bias = old.weight, old.bias
        return new

    def _groups(self, channels: int) -> int:
        wanted = min(self.most_groups, channels // self.least_channels)
        return next((g for g in range(wanted, 0, -1) if channels % g == 0), 1)


def _is_batch_norm(module: Any) -> bool:
    return isinstance(module, _BatchNorm) and module.num_features > 1


cures.register("group_norm")(GroupNorm())
