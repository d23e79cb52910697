"""Recurrent and attention layers that read (examples, time, features) as such.

Helps: layers left at ``batch_first=False`` that are given the batch first: time and examples change places, and every
example sees the others. Hurts: models that put time first on purpose.
Source: PyTorch documentation of ``nn.LSTM`` and ``nn.TransformerEncoderLayer``, ``batch_first``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.tensors import tensors_in
from whet.diagnosis.setup import Setup
from whet.finding import Finding
from whet.rng import drawing_globally

__all__ = ["BatchFirst"]


LAYERS = (nn.RNNBase, nn.MultiheadAttention)


@dataclass(frozen=True, kw_only=True)
class BatchFirst:
    """``batch_first=True`` in every such layer, where outputs keep their shape and examples then are independent."""

    title: str = "put the batch first"

    def applies(self, case: Case) -> bool:
        """Where it makes the examples of a batch independent."""
        return is_so(lambda: case.ask(_helps))

    def advice(self, case: Case, finding: Finding | None) -> str:
        """The setting, with names of layers."""
        names = [n for n, m in setup_of(case).model.named_modules() if isinstance(m, LAYERS) and not m.batch_first]
        shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
        return f"batch_first=True  # in {shown}: inputs are (examples, time, features)"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Change the setting in a copy; no weight changes."""
        need(case.ask(_helps), "no layer mixes examples because time and batch have changed places")
        return _changed(setup_of(case).copy())


def _changed(setup: Setup) -> Setup:
    for module in setup.model.modules():
        if isinstance(module, LAYERS):
            module.batch_first = True
    return setup


def _helps(case: Case) -> bool:
    if all(m.batch_first for m in setup_of(case).model.modules() if isinstance(m, LAYERS)):
        return False
    return _mixes(case, setup_of(case).copy()) and not _mixes(case, _changed(setup_of(case).copy()))


def _mixes(case: Case, setup: Setup) -> bool:
    """Whether the outputs for the other examples move when the first example's inputs are another's."""
    batch = case.ask(batches).first[0]
    setup.model.eval()
    with torch.no_grad(), drawing_globally(case.seed, "cure"):
        before = tensors_in(setup.forward(setup.model, batch)[0])[0]
        after = tensors_in(setup.forward(setup.model, _first_changed(batch))[0])[0]
    num = len(tensors_in(batch)[0])
    if len(before) % num:
        return True
    rows = before.reshape(num, -1)[1:], after.reshape(num, -1)[1:]
    return not torch.allclose(*rows, rtol=1e-3, atol=1e-5)


def _first_changed(batch: Any) -> Any:
    """The first example becomes a copy of the last one turned around in time, so that it differs in any case."""
    if isinstance(batch, Tensor) and batch.ndim >= 2 and len(batch) > 1:
        changed = batch.clone()
        changed[0] = batch[-1].flip(0)
        return changed
    if isinstance(batch, Mapping):
        return {k: _first_changed(v) for k, v in batch.items()}
    if isinstance(batch, list | tuple):
        return type(batch)([_first_changed(v) for v in batch])
    return batch


cures.register("batch_first")(BatchFirst())
