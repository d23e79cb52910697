"""Mirror pictures left to right.

Helps: photos of things that look alike from both sides. Hurts: writing, digits, hands, roads: whatever a mirror
    changes; ``whet.models.mirror`` gathers evidence from the data.
Source: the alternating form is Jordan's, arXiv 2404.00498, section 3.6: each picture shows its two sides in turn,
    so that no side is repeated by chance. Differs: the side at epoch 0 comes from a hash of the row, so that a
    resumed training goes on as if it had never stopped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from whet.augment.augmentation import augmentations
from whet.data.inputs import Batch
from whet.data.kinds import Modality
from whet.errors import ConfigError

__all__ = ["Flip"]

GOLDEN = -7046029254386353131  # 2^64 / golden ratio as a signed word: Fibonacci hashing spreads neighbours apart


@augmentations.register("flip")
@dataclass(frozen=True, kw_only=True)
class Flip:
    """``mode``: "alternating" sides per epoch, "random" with probability one half, or "none"."""

    mode: Literal["alternating", "random", "none"] = "alternating"

    modality: ClassVar[Modality] = Modality.IMAGE

    def __post_init__(self) -> None:
        if self.mode not in ("alternating", "random", "none"):
            raise ConfigError(f"Flip.mode must be 'alternating', 'random' or 'none'; got {self.mode!r}.")

    def __call__(self, batch: Batch, *, rows: Tensor, epoch: int, generator: torch.Generator) -> Batch:
        """See ``Augmentation``."""
        if self.mode == "none":
            return batch
        if self.mode == "random":
            mirrored = torch.rand(len(rows), generator=generator) < 0.5
        else:
            mirrored = (((rows.cpu() * GOLDEN) >> 40) + epoch) % 2 == 1
        images = batch["image"]
        return {**batch, "image": torch.where(mirrored.to(images.device)[:, None, None, None], images.flip(3), images)}

    def views(self, batch: Batch) -> list[Batch]:
        """The pictures and their mirror images."""
        if self.mode == "none":
            return [batch]
        return [batch, {**batch, "image": batch["image"].flip(3)}]
