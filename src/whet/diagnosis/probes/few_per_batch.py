"""Batch norm over batches of a few examples: what another normalisation would gain, on a copy trained as long."""

from __future__ import annotations

from dataclasses import dataclass

from whet.diagnosis.case import Case
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.modes import mode_gap
from whet.diagnosis.probes.rows import num_rows
from whet.diagnosis.probes.whole_trial import WholeTrial, has_room, whole_trial
from whet.diagnosis.setup import Setup

__all__ = ["FewPerBatch", "few_per_batch"]

FEW = 4  # examples: with more, the noise of their statistics is as mild as that of dropout


@dataclass(frozen=True, kw_only=True)
class FewPerBatch:
    """The whole training, and one with group norm in place of batch norm."""

    examples: int  # of a batch
    before: float  # training loss of the better of both modes: with the batch's statistics, or with the running ones
    tried: WholeTrial

    @property
    def gain(self) -> float:
        """In shares of the reference loss."""
        return (self.before - self.tried.after) / self.tried.reference

    @property
    def share(self) -> float:
        """Lost of what the loss falls by without batch norm, in [0, 1]."""
        return min(1.0, max(0.0, (self.before - self.tried.after) / (self.tried.reference - self.tried.after)))

    def is_better(self, least: float) -> bool:
        """Also beside the better mode."""
        noise = 3 * self.tried.noise / self.tried.reference
        return self.tried.is_better(least) and self.gain > max(least, noise)


def few_per_batch(case: Case) -> FewPerBatch | None:
    """None where batches are large enough, or nothing is left to gain."""
    examples = num_rows(case.ask(batches).first[0])
    if examples > FEW or not has_room(case):
        return None
    gap, tried = case.ask(mode_gap), whole_trial(case, _with_group_norm)
    before = min(tried.before, float(gap.running_losses.mean()))
    return FewPerBatch(examples=examples, before=before, tried=tried)


def _with_group_norm(setup: Setup) -> Setup:
    from whet.diagnosis.cures.group_norm import GroupNorm  # cures ask probes: not at import

    return GroupNorm().apply(Case(setup=setup), None)
