"""The batch of a step: gathered from memory, augmented, and brought to the device in the chosen memory layout.

A batch depends on (seed, step) alone, so a continued training sees what an uninterrupted one would have seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from whet.augment.augmentation import Augmentation
from whet.data.inputs import Batch, Inputs
from whet.rng import make_generator
from whet.training.batches import BatchOrder

__all__ = ["Feed", "placed"]


@dataclass(kw_only=True)
class Feed:
    """Batches of the training examples, step by step."""

    inputs: Inputs
    targets: Tensor  # (N,) encoded, on the CPU
    order: BatchOrder
    augmentations: Sequence[Augmentation]
    device: torch.device
    channels_last: bool = True

    def __call__(self, step: int) -> tuple[Batch, Tensor]:
        """The augmented batch and its targets."""
        index = self.order.batch(step)
        batch, rows = self.inputs.batch(index), torch.from_numpy(index)
        if self.augmentations:
            generator = make_generator(self.order.seed, "augment", str(step))
            epoch = self.order.epoch(step)
            for augmentation in self.augmentations:
                batch = augmentation(batch, rows=rows, epoch=epoch, generator=generator)
        targets = self.targets[rows]
        if self.device.type != "cpu":
            targets = targets.to(self.device, non_blocking=True)
        return placed(batch, self.device, channels_last=self.channels_last), targets


def placed(batch: Batch, device: torch.device, *, channels_last: bool) -> Batch:
    """The batch on ``device``, its pictures in the layout asked for; nothing is copied that is right already."""
    layout = torch.channels_last if channels_last else torch.contiguous_format
    moved = {n: t if device.type == "cpu" else t.pin_memory().to(device, non_blocking=True) for n, t in batch.items()}
    return {n: t.contiguous(memory_format=layout) if t.ndim == 4 else t for n, t in moved.items()}
