"""Stochastic weight averaging: the plain mean of the weights over the last part of a training at a steady rate.

Helps: networks trained long enough that the end of a schedule only settles into one corner of a wide valley. Hurts:
trainings that still improve fast when the averaging begins.
Source: Izmailov et al., "Averaging Weights Leads to Wider Optima and Better Generalization", UAI 2018. Differs: the
weights of every step are averaged, not of every epoch, because a training in seconds may have few epochs; the rate
stays at what the schedule had come down to, so that there is no second rate to choose.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from whet.models.architecture import Architecture
from whet.training.feed import Feed

__all__ = ["EqualAverage", "has_statistics", "renewed_batches"]

MOST_BATCHES = 50  # from which batch-norm statistics are taken again


class EqualAverage:
    """A second network that holds the mean of ``model``'s weights since the share ``begin`` of the training."""

    def __init__(self, model: Architecture, *, begin: float) -> None:
        self.begin = begin
        self.count = 0  # steps averaged
        self.model = copy.deepcopy(model).requires_grad_(False).eval()
        pairs = list(zip(self.model.state_dict().values(), model.state_dict().values(), strict=True))
        self._averaged = [own for own, _ in pairs if own.is_floating_point()]
        self._followed = [its for own, its in pairs if own.is_floating_point()]
        self._copied = [(own, its) for own, its in pairs if not own.is_floating_point()]

    @torch.no_grad()
    def update(self, progress: float) -> None:
        """Take in the weights of a step at ``progress`` of the training, in [0, 1]."""
        if progress < self.begin:
            return
        self.count += 1
        torch._foreach_lerp_(self._averaged, self._followed, 1 / self.count)
        for own, its in self._copied:
            own.copy_(its)

    def tensors(self) -> dict[str, Tensor]:
        """What a checkpoint keeps."""
        return {**{f"model.{n}": t for n, t in self.model.state_dict().items()}, "count": torch.tensor(self.count)}

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Go back to what ``tensors`` gave."""
        prefix = "model."
        self.model.load_state_dict({n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)})
        self.count = int(tensors["count"])

    @torch.no_grad()
    def renew_statistics(self, feed: Feed) -> bool:
        """Take batch-norm statistics again with the averaged weights, from training batches; False: there are none.

        The running averages of the network that moved belong to weights that are no longer there.
        """
        norms = _norms(self.model)
        if not norms or not self.count:
            return False
        momenta = [norm.momentum for norm in norms]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # the plain mean over the batches
            norm.train()
        for step in range(renewed_batches(feed.order.steps_per_epoch)):
            self.model(feed(step)[0])
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        self.model.eval()
        return True


def has_statistics(model: Architecture) -> bool:
    """Does anything in it have to be taken again."""
    return bool(_norms(model))


def renewed_batches(steps_per_epoch: int) -> int:
    """So many batches are gone through again: at most an epoch."""
    return min(MOST_BATCHES, steps_per_epoch)


def _norms(model: Architecture) -> list[_BatchNorm]:
    return [m for m in model.modules() if isinstance(m, _BatchNorm) and m.track_running_stats]
