"""The batch of a step: gathered from memory, augmented, and brought to the device in the chosen memory layout.

A batch depends on (seed, step) alone, so a continued training sees what an uninterrupted one would have seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from whet.augment.augmentation import Augmentation
from whet.data.inputs import Batch, ImagePart, Inputs
from whet.recipe import Resizing
from whet.rng import make_generator
from whet.training.batches import BatchOrder
from whet.training.out_of_memory import hand_back, is_out_of_memory
from whet.training.resizing import shrunk

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
    resizing: Resizing = field(default_factory=Resizing)
    progress: float = 1.0  # of the training, in [0, 1]: how large pictures are by now

    def __call__(self, step: int) -> tuple[Batch, Tensor]:
        """The augmented batch and its targets; where memory runs out, once more with what could be handed back."""
        try:
            return self._made(step)
        except Exception as fault:
            if not is_out_of_memory(fault):
                raise
        hand_back()
        return self._made(step)

    def _made(self, step: int) -> tuple[Batch, Tensor]:
        index = self.order.batch(step)
        batch, rows = _gathered(self.inputs, index, self.device), torch.from_numpy(index)
        if self.augmentations:
            generator = make_generator(self.order.seed, "augment", str(step))
            epoch = self.order.epoch(step)
            for augmentation in self.augmentations:
                batch = augmentation(batch, rows=rows, epoch=epoch, generator=generator)
        if self.resizing.start < 1:
            batch = shrunk(batch, self.resizing, self.progress)
        targets = self.targets[rows]
        if self.device.type != "cpu":
            targets = targets.to(self.device, non_blocking=True)
        return placed(batch, self.device, channels_last=self.channels_last), targets


def _gathered(inputs: Inputs, index: np.ndarray, device: torch.device) -> Batch:
    """The batch on ``device``; pictures travel as bytes and are normalised, and then augmented, where they arrive."""
    if device.type == "cpu":
        return inputs.batch(index)
    parts = {}
    for name, part in inputs.parts.items():
        if isinstance(part, ImagePart):
            parts[name] = part.normalised(_sent(part.raw(index), device))
        else:
            parts[name] = _sent(part.gather(index), device)
    return parts


def _sent(tensor: Tensor, device: torch.device) -> Tensor:
    """On ``device``, from pinned memory, so that the copy does not wait."""
    if tensor.device.type == device.type:
        return tensor
    return (tensor.pin_memory() if device.type == "cuda" else tensor).to(device, non_blocking=True)


def placed(batch: Batch, device: torch.device, *, channels_last: bool) -> Batch:
    """The batch on ``device``, its pictures in the layout asked for; nothing is copied that is right already."""
    layout = torch.channels_last if channels_last else torch.contiguous_format
    moved = {name: _sent(part, device) for name, part in batch.items()}
    return {n: t.contiguous(memory_format=layout) if t.ndim == 4 else t for n, t in moved.items()}
