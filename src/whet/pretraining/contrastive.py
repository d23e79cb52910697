"""Contrastive learning without labels: two changed views of a picture are each other's nearest among all of the batch.

Helps: many pictures without labels. Hurts: fewer than some thousands, small batches, and classes that differ by what
the changes hide (colour, place, size).
Source: Chen et al., "A Simple Framework for Contrastive Learning of Visual Representations" (SimCLR), ICML 2020: loss
NT-Xent, projection of two layers that is dropped afterwards. Differs: temperature 0.2, because batches are small;
views are made by shifting, zooming (0.6 to 1.4) and changing colours; no mirroring, which could join classes such as
b and d; no blur.
"""

from __future__ import annotations

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from whet.augment.affine import Affine
from whet.augment.augmentation import Augmentation
from whet.augment.colour_jitter import ColourJitter
from whet.augment.translate import Translate
from whet.data.inputs import Batch
from whet.data.kinds import Modality
from whet.models.architecture import Architecture
from whet.pretraining.answers import Answers
from whet.pretraining.pretext import Given, pretexts
from whet.pretraining.width import feature_width

__all__ = ["TwoViews", "nt_xent"]

TEMPERATURE = 0.2  # smaller: only the nearest other pictures push
PROJECTED = 64  # length of the vectors that are compared


@pretexts.register("two_views")
class TwoViews:
    """See ``Pretext``."""

    objective: ClassVar[str] = "contrastive"
    modalities: ClassVar[tuple[Modality, ...]] = (Modality.IMAGE,)
    what: str = "other views found among a batch"
    plain: ClassVar[bool] = False

    def __init__(self, given: Given) -> None:
        self.spec = given.spec
        side = min(given.spec.height, given.spec.width)
        self.changes: tuple[Augmentation, ...] = (
            Translate(pixels=min(side - 1, side // 4)),
            Affine(degrees=10.0, scale=0.4),
            ColourJitter(brightness=0.8, contrast=0.5, saturation=0.8),
        )

    def build_head(self, body: Architecture) -> nn.Module:
        """The projection."""
        width = feature_width(body, self.spec)
        return nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, PROJECTED))

    def answers(
        self, body: Architecture, head: nn.Module, batch: Batch, targets: Tensor, *, generator: torch.Generator
    ) -> Answers:
        """Two questions a picture: which of the others is my own other view?"""
        views = [self._view(batch, generator)["image"] for _ in range(2)]
        both = {**batch, "image": torch.cat(views)}
        return nt_xent(head(body.forward_features(both).flatten(1)).float(), temperature=TEMPERATURE)

    def _view(self, batch: Batch, generator: torch.Generator) -> Batch:
        rows = torch.arange(len(batch["image"]))
        for change in self.changes:
            batch = change(batch, rows=rows, epoch=0, generator=generator)
        return batch


def nt_xent(projected: Tensor, *, temperature: float) -> Answers:
    """(2 B, D): first views, then second views of the same pictures -> 2 B answers.

    >>> views = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.1], [0.1, 1.0]])
    >>> nt_xent(views, temperature=0.2).right.tolist()
    [True, True, True, True]
    """
    count = len(projected)
    unit = F.normalize(projected, dim=1)
    itself = torch.eye(count, dtype=torch.bool, device=unit.device)
    likeness = (unit @ unit.T / temperature).masked_fill(itself, -1e9)  # (2 B, 2 B)
    partner = torch.arange(count, device=unit.device).roll(count // 2)
    losses = F.cross_entropy(likeness, partner, reduction="none")
    return Answers(losses=losses, truth=partner, right=likeness.argmax(dim=1) == partner)
