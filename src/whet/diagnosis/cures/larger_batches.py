"""More examples per step.

Helps: batch normalisation on a few examples, gradients that are mostly noise. Hurts: fewer steps in the same time.
Source: Smith et al., "Don't Decay the Learning Rate, Increase the Batch Size", ICLR 2018.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need
from whet.diagnosis.cures.parts.loaders import Regrouped, is_indexed, rebuilt
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.cures.parts.regrouping import num_examples
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.setup import Setup
from whet.finding import Finding

__all__ = ["LargerBatches"]


@dataclass(frozen=True, kw_only=True)
class LargerBatches:
    """At least ``least`` examples, and ``times`` as many as before."""

    title: str = "use larger batches"
    least: int = 32
    times: int = 4
    most: int = 128  # a batch of more has nothing to gain here

    def applies(self, case: Case) -> bool:
        """Where a batch is small and there are examples for a larger one."""
        return is_so(lambda: _size(case) < self.most and (len(case.ask(batches).first) > 1))

    def advice(self, case: Case, finding: Finding | None) -> str:
        """With both sizes."""
        return f"train_loader = DataLoader(..., batch_size={self._wanted(case)})  # was {_size(case)}"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Change the training loader only."""
        setup, size = setup_of(case).copy(), _size(case)
        need(size > 0, "the batches cannot be taken apart")
        if is_indexed(setup.train):
            return replace(setup, train=rebuilt(setup.train, batch_size=self._wanted(case)))
        times = max(1, self._wanted(case) // size)
        return replace(setup, train=Regrouped(source=setup.train, times=times, shuffled=False))

    def _wanted(self, case: Case) -> int:
        return max(self.least, self.times * _size(case))


def _size(case: Case) -> int:
    loader = setup_of(case).train
    if is_indexed(loader):
        return int(loader.batch_size)  # type: ignore[attr-defined]
    return num_examples(case.ask(batches).first[0]) or 0


cures.register("larger_batches")(LargerBatches())
