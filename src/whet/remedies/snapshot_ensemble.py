"""Snapshot ensemble: several cosine cycles in the time of one training, whose last networks predict together.

Helps: networks that overfit or depend on the seed, in trainings of many epochs. Hurts: short trainings, whose cycles
arrive nowhere; prediction takes as many times as long as there are cycles.
Source: Huang et al., "Snapshot Ensembles: Train 1, Get M for Free", ICLR 2017.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from whet.models.architecture import architectures
from whet.recipe import Recipe, Schedule
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts
from whet.training.snapshots import num_networks

__all__ = ["SnapshotEnsemble"]


@dataclass(frozen=True, kw_only=True)
class SnapshotEnsemble:
    """Four cycles, three where there are few epochs; none where a cycle would have fewer than about three."""

    fewest_epochs: float = 8.0  # of the whole training
    many_epochs: float = 20.0  # from which there are four cycles
    warmup: float = 0.05  # of the training, at most; a fifth of the first of four cycles

    title: str = "snapshot ensemble"
    treats: frozenset[str] = frozenset({"overfitting", "seed_variance"})
    expected_gain: float = 0.4
    cost: float = 1.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        schedule, regularisation = recipe.schedule, recipe.regularisation
        clashes = schedule.cycles > 1 or regularisation.swa or regularisation.early_stopping is not None
        if recipe.architecture not in architectures or schedule.name not in ("cosine", "one_cycle") or clashes:
            return ()
        epochs = _epochs(recipe, facts)
        if epochs is None or epochs < self.fewest_epochs:
            return ()
        cycles = 4 if epochs >= self.many_epochs else 3
        changed = replace(
            recipe, schedule=Schedule(name="cosine", warmup=min(schedule.warmup, self.warmup), cycles=cycles)
        )
        members = num_networks(changed)
        return () if members < 2 else ((f"{members} snapshots of {cycles} cosine cycles predict together", changed),)


def _epochs(recipe: Recipe, facts: Facts) -> float | None:
    """Of the training, as far as the length or the measured pace tells; None: not known."""
    length, known = recipe.length, [] if recipe.length.epochs is None else [recipe.length.epochs]
    if length.seconds is not None and facts.epoch_s:
        known.append(length.seconds / facts.epoch_s)
    return min(known, default=None)


remedies.register("snapshot_ensemble")(SnapshotEnsemble())
