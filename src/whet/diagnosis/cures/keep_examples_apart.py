"""Validation examples left out of training.

Helps: scores that look better than they are because the same examples are on both sides. Hurts: nothing; the score
becomes honest, which usually means lower.
Source: Kapoor and Narayanan, "Leakage and the reproducibility crisis in machine-learning-based science", 2023.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import torch
from torch.utils.data import Subset

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need
from whet.diagnosis.cures.parts.fingerprints import fingerprints, is_among
from whet.diagnosis.cures.parts.loaders import Changed, is_indexed, rebuilt
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.cures.parts.regrouping import pick
from whet.diagnosis.preserving import preserving
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.setup import Setup
from whet.finding import Finding

__all__ = ["KeepExamplesApart"]


MOST = 2000  # validation batches read


@dataclass(frozen=True, kw_only=True)
class KeepExamplesApart:
    """Examples whose values are bit for bit those of a validation example are dropped from the training loader."""

    title: str = "keep validation examples out of training"

    def applies(self, case: Case) -> bool:
        """Where some are on both sides."""
        return is_so(lambda: case.ask(_shared) > 0)

    def advice(self, case: Case, finding: Finding | None) -> str:
        """How to split."""
        return (
            "split before anything is copied or oversampled: "
            "train, valid = torch.utils.data.random_split(dataset, [0.8, 0.2])"
        )

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Change the training loader only."""
        need(case.ask(_shared) > 0, "no validation example is among the training examples")
        setup, known = setup_of(case).copy(), case.ask(_valid)
        if is_indexed(setup.train):
            data: Any = setup.train.dataset  # type: ignore[attr-defined]
            with preserving(setup.train):
                kept = [i for i in range(len(data)) if not _is_known(setup.train, data[i], known)]
            need(bool(kept), "every training example is a validation example too")
            return replace(setup, train=rebuilt(setup.train, dataset=Subset(data, kept)))
        return replace(setup, train=Changed(source=setup.train, change=_Apart(known=known)))


@dataclass(frozen=True, kw_only=True)
class _Apart:
    known: frozenset[bytes]

    def __call__(self, batch: Any) -> Any:
        kept = [i for i, found in enumerate(is_among(batch, self.known)) if not found]
        return pick(batch, torch.tensor(kept)) if kept else None


def _is_known(loader: Any, item: Any, known: frozenset[bytes]) -> bool:
    """Collated as the loader does, so that a number and a tensor of it look the same."""
    return is_among(loader.collate_fn([item]), known)[0]


def _valid(case: Case) -> frozenset[bytes]:
    setup = setup_of(case)
    need(setup.valid is not None, "there are no validation examples")
    assert setup.valid is not None
    with preserving(setup.valid):
        return frozenset(f for batch in islice(setup.valid, MOST) for f in fingerprints(batch))


def _shared(case: Case) -> int:
    """Training examples, among the batches read, that are validation examples too."""
    known = case.ask(_valid)
    return sum(sum(is_among(batch, known)) for batch in case.ask(batches).first)


cures.register("keep_examples_apart")(KeepExamplesApart())
