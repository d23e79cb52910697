"""Shows a model pictures in which a region, or everything else, comes from other examples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from whet.diagnosis.probes.goal import Goal
from whet.diagnosis.probes.predictions import predictions
from whet.diagnosis.probes.regions import axes_of
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError
from whet.rng import make_generator

__all__ = ["DealtPictures", "collected"]

MOST_VALUES = 50_000_000  # kept of pictures


@dataclass(frozen=True, kw_only=True)
class DealtPictures:
    """Batches, what they hold, and for each picture another one that lends it its content.

    Another picture's content is as ordinary as its own; zeros or noise would confuse a model that does not look there.
    """

    setup: Setup  # trained; its model is hooked for a moment and left as it was
    goal: Goal
    batches: Sequence[Any]
    pictures: Tensor  # (N, ...) as the model is given them
    axes: tuple[int, int]  # of rows and columns
    truth: np.ndarray  # (N,)
    scores: np.ndarray  # (N, K)
    seed: int

    @property
    def sort(self) -> str:
        """As ``margins.errors_of`` calls it: "classes" or "numbers"."""
        return "numbers" if self.goal.kind == "numbers" else "classes"

    @property
    def size(self) -> tuple[int, int]:
        """(H, W)."""
        return self.pictures.shape[self.axes[0]], self.pictures.shape[self.axes[1]]

    def without(self, mask: Tensor) -> np.ndarray:
        """(N, K) scores where ``mask`` (H, W) comes from another example."""
        wide = self._broadcast(mask).to(self.pictures.device)
        order = torch.randperm(len(self.pictures), generator=make_generator(self.seed, "dealt pictures"))
        donors, place = self.pictures[order.to(self.pictures.device)], 0

        def deal(module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
            nonlocal place
            given = args[0]
            lent = donors[place : place + len(given)]
            place += len(given)
            return (torch.where(wide, lent.to(given.device), given), *args[1:]), dict(kwargs)

        with _hooked(self.setup.model, deal):
            return predictions(self.setup, self.goal, self.batches)[1]

    def outside(self, mask: Tensor) -> float:
        """The share of what differs between pictures (variance, summed over pixels) that lies outside ``mask``."""
        variance = self.pictures.float().var(dim=0, correction=0)  # without the axis of examples
        other = tuple(a for a in range(variance.ndim) if a + 1 not in self.axes)
        by_pixel = variance.sum(dim=other) if other else variance  # (H, W)
        return float(by_pixel[~mask.to(by_pixel.device)].sum() / by_pixel.sum().clamp(min=1e-30))

    def _broadcast(self, mask: Tensor) -> Tensor:
        shape = [1] * self.pictures.ndim
        for axis, size in zip(self.axes, mask.shape, strict=True):
            shape[axis] = size
        return mask.reshape(shape)


def collected(setup: Setup, goal: Goal, batches: Sequence[Any], *, seed: int) -> DealtPictures:
    """Run ``batches`` once, and keep what the model is given.

    Raises:
        CannotJudgeError: that is not one picture per target, or far too much to keep.
    """
    kept: list[Tensor] = []

    def keep(module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        if args and isinstance(args[0], Tensor) and axes_of(tuple(args[0].shape)) is not None:
            kept.append(args[0].detach())

    with _hooked(setup.model, keep):
        truth, scores, _ = predictions(setup, goal, batches)
    if len(kept) != len(batches) or sum(map(len, kept)) != len(truth) or len({p.shape[1:] for p in kept}) != 1:
        raise CannotJudgeError("regions are known of one picture per target, all of one size")
    if sum(p.numel() for p in kept) > MOST_VALUES:
        raise CannotJudgeError("the pictures are too large to be put together from several")
    axes = axes_of(tuple(kept[0].shape))
    assert axes is not None
    return DealtPictures(
        setup=setup,
        goal=goal,
        batches=batches,
        pictures=torch.cat(kept),
        axes=axes,
        truth=truth,
        scores=scores,
        seed=seed,
    )


@contextmanager
def _hooked(model: nn.Module, hook: Any) -> Iterator[None]:
    handle = model.register_forward_pre_hook(hook, with_kwargs=True)
    try:
        yield
    finally:
        handle.remove()
