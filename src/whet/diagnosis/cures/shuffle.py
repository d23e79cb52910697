"""Training examples in a new random order every epoch.

Helps: data sorted by class, time or size, whose batches pull one way for a long time.
Hurts: state carried from batch to batch (stateful recurrent training).
Source: Bottou, "Stochastic Gradient Descent Tricks", 2012, section 4.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from torch.utils.data import DataLoader, RandomSampler, SequentialSampler

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need
from whet.diagnosis.cures.parts.loaders import Regrouped, is_indexed, rebuilt
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.tensors import tensors_in
from whet.diagnosis.setup import Setup
from whet.finding import Finding

__all__ = ["Shuffle"]


@dataclass(frozen=True, kw_only=True)
class Shuffle:
    """``shuffle=True``; other iterables are shuffled in a buffer of some hundred batches."""

    title: str = "shuffle the training examples"

    def applies(self, case: Case) -> bool:
        """Where two readings give the same order."""
        return is_so(lambda: _keeps_order(case))

    def advice(self, case: Case, finding: Finding | None) -> str:
        """The setting."""
        return "train_loader = DataLoader(..., shuffle=True)  # was in the order of the data set"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Change the training loader only."""
        need(_keeps_order(case), "the training loader already shuffles")
        setup = setup_of(case).copy()
        if is_indexed(setup.train):
            return replace(setup, train=rebuilt(setup.train, shuffle=True))
        return replace(setup, train=Regrouped(source=setup.train))


def _keeps_order(case: Case) -> bool:
    loader: Any = setup_of(case).train
    if isinstance(loader, DataLoader) and isinstance(loader.sampler, RandomSampler):
        return False
    if is_indexed(loader) and isinstance(loader.sampler, SequentialSampler):
        return True
    given = case.ask(batches)
    pairs = [tensors_in(a)[-1:] + tensors_in(b)[-1:] for a, b in zip(given.first, given.second)]
    return bool(pairs) and all(a.shape == b.shape and bool((a == b).all()) for a, b in pairs)


cures.register("shuffle")(Shuffle())
