"""Snapshot ensembles: the networks at the ends of a cosine's cycles, whose predictions are averaged.

Helps: networks whose trainings end in different places; several members for the time of one training. Hurts: trainings
too short for each cycle to arrive anywhere; prediction takes as many times as long, and a model as many times the room,
as there are members.
Source: Huang et al., "Snapshot Ensembles: Train 1, Get M for Free", ICLR 2017, arXiv 1704.00109; warm restarts after
Loshchilov & Hutter, "SGDR", ICLR 2017, arXiv 1608.03983. Differs: cycles are shares of the training, not epochs, so
that a training which ends by the clock has them; with a moving average the averaged weights are kept, which are what
is evaluated.

A cycle leaves a member only where the network is whole: not while layers of a pretrained body wait to be set free, and
not while pictures are still small. Early stopping, which would end in the middle of a cycle, and SWA, whose rate stays
where the last cycle would fall, are refused.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from whet.errors import ConfigError
from whet.models.architecture import Architecture
from whet.recipe import Recipe, Schedule
from whet.training.schedules import cycle_at

__all__ = ["Snapshot", "Snapshots", "check_cycles", "num_networks", "snapshots_of"]

NEARLY = 1e-9  # ends of cycles are compared with sums of fractions


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The network before ``step``, the first of ``cycle`` (from 1); ``weights`` lie on the CPU, buffers among them."""

    step: int
    cycle: int
    weights: Mapping[str, Tensor]


class Snapshots:
    """Keeps the network each time a cycle of ``schedule`` begins anew, from the share ``begin`` of the training on.

    The network at the end of the training, the last member, is not among them. ``model`` is one before its first step:
    one that has trained may hold what cannot be copied.
    """

    def __init__(self, model: Architecture, schedule: Schedule, *, begin: float = 0.0) -> None:
        self.schedule, self.begin = schedule, begin
        self.kept: list[Snapshot] = []
        self._fresh = copy.deepcopy(model).cpu()

    def is_due(self, progress: float, step: int) -> bool:
        """Whether ``step``, at ``progress`` in [0, 1], is the first of a cycle whose predecessor leaves a member.

        A training that went back to an earlier step, because it diverged, loses what it kept since then.
        """
        self.kept = [each for each in self.kept if each.step <= step]
        cycle = cycle_at(self.schedule, progress)
        is_new = cycle > (self.kept[-1].cycle if self.kept else 0)
        return step > 0 and is_new and cycle / self.schedule.cycles >= self.begin - NEARLY

    def keep(self, network: Architecture, progress: float, step: int) -> None:
        """Copy ``network``, the one whose predictions count, to the CPU."""
        weights = {n: t.detach().to("cpu", copy=True) for n, t in network.state_dict().items()}
        self.kept.append(Snapshot(step=step, cycle=cycle_at(self.schedule, progress), weights=weights))

    def networks(self, device: torch.device) -> list[Architecture]:
        """The members as networks on ``device``, the earliest first."""
        found = []
        for snapshot in self.kept:
            network = copy.deepcopy(self._fresh)
            network.load_state_dict(dict(snapshot.weights))
            found.append(network.to(device))
        return found

    def tensors(self) -> dict[str, Tensor]:
        """What a checkpoint keeps, beside ``to_list``."""
        return {f"{i}.{name}": t for i, each in enumerate(self.kept) for name, t in each.weights.items()}

    def to_list(self) -> list[list[int]]:
        """Step and cycle of each, JSON-ready."""
        return [[each.step, each.cycle] for each in self.kept]

    def load(self, tensors: Mapping[str, Tensor], places: Sequence[Sequence[int]]) -> None:
        """Go back to what ``tensors`` and ``to_list`` gave."""
        self.kept = []
        for number, (step, cycle) in enumerate(places):
            prefix = f"{number}."
            weights = {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
            self.kept.append(Snapshot(step=step, cycle=cycle, weights=weights))


def snapshots_of(recipe: Recipe, model: Architecture) -> Snapshots | None:
    """For a training of ``model``, which has not begun; None where there is one cycle."""
    return Snapshots(model, recipe.schedule, begin=_whole_from(recipe)) if recipe.schedule.cycles > 1 else None


def num_networks(recipe: Recipe) -> int:
    """How many networks predict together at the end of such a training, at most.

    >>> num_networks(Recipe(architecture="mlp", schedule=Schedule(cycles=4)))
    4
    """
    cycles, begin = recipe.schedule.cycles, _whole_from(recipe)
    return 1 + sum(number / cycles >= begin - NEARLY for number in range(1, cycles))


def check_cycles(recipe: Recipe) -> None:
    """Refuse what makes no sense together with cycles.

    Raises:
        ConfigError: early stopping or SWA is on as well.
    """
    regularisation, cycles = recipe.regularisation, recipe.schedule.cycles
    clashes = [("early_stopping", regularisation.early_stopping, None), ("swa", regularisation.swa, 0.0)]
    faults = [
        f"Regularisation.{name} must be {neutral} with Schedule.cycles = {cycles}; got {value!r}."
        for name, value, neutral in clashes
        if value != neutral
    ]
    if cycles > 1 and faults:
        why = "An ensemble of cycles needs each of them to its end, at the lowest rate: set that, or the cycles to 1."
        raise ConfigError(" ".join([*faults, why]))


def _whole_from(recipe: Recipe) -> float:
    """The share of the training from which every layer moves that ever does, on pictures of their full size."""
    transfer, resizing = recipe.transfer, recipe.resizing
    free = transfer.contrastive + transfer.head_first + transfer.gradual
    return max(free, resizing.full_from if resizing.start < 1 else 0.0)
