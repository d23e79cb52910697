"""Rotation prediction: which way up is this picture?

Helps: photographs without labels, or beside the labels, because telling up from down takes knowing what is shown.
Hurts: pictures from above, textures and round things, which have no upright: the score stays at chance and says so.
Source: Gidaris et al., "Unsupervised Representation Learning by Predicting Image Rotations", ICLR 2018; beside labels
after Zhai et al., "S4L: Self-Supervised Semi-Supervised Learning", ICCV 2019.
Differs: each picture is shown in one turn per step instead of all four, for a quarter of the time, and beside labels
only a quarter of each batch is shown turned; pictures that are not square are turned by 0 or 180 degrees only.
"""

from __future__ import annotations

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from whet.data.inputs import Batch
from whet.data.kinds import Modality
from whet.models.architecture import Architecture
from whet.pretraining.answers import Answers
from whet.pretraining.pretext import Given, pretexts
from whet.pretraining.width import feature_width

__all__ = ["Rotation", "turned"]

BESIDE = 4  # beside labels one in so many pictures is turned: most of the time should go into the labels


@pretexts.register("rotation")
class Rotation:
    """See ``Pretext``."""

    objective: ClassVar[str] = "rotation"
    modalities: ClassVar[tuple[Modality, ...]] = (Modality.IMAGE,)
    what: str = "turns of pictures told"
    plain: ClassVar[bool] = False

    def __init__(self, given: Given) -> None:
        self.spec = given.spec
        self.one_in = BESIDE if given.target is not None else 1
        self.quarters = (0, 1, 2, 3) if given.spec.height == given.spec.width else (0, 2)

    def build_head(self, body: Architecture) -> nn.Module:
        """One linear layer."""
        return nn.Linear(feature_width(body, self.spec), len(self.quarters))

    def answers(
        self, body: Architecture, head: nn.Module, batch: Batch, targets: Tensor, *, generator: torch.Generator
    ) -> Answers:
        """One question a picture."""
        images = batch["image"]
        if body.training:
            images = images[: max(2, len(images) // self.one_in)]  # batches are drawn at random: the first will do
        codes = torch.randint(len(self.quarters), (len(images),), generator=generator).to(images.device)
        shown = turned(images, torch.tensor(self.quarters, device=images.device)[codes])
        logits = head(body.forward_features({**batch, "image": shown}).flatten(1)).float()
        losses = F.cross_entropy(logits, codes, reduction="none")
        return Answers(losses=losses, truth=codes, right=logits.argmax(dim=1) == codes)


def turned(images: Tensor, quarters: Tensor) -> Tensor:
    """(B, C, H, W), each turned to the left by its number (B,) of quarter turns; H = W where any number is odd.

    >>> turned(torch.tensor([[[[1, 2], [3, 4]]]]), torch.tensor([1]))
    tensor([[[[2, 4],
              [1, 3]]]])
    """
    out = torch.empty_like(images)
    for quarter in range(4):
        chosen = quarters == quarter
        if chosen.any():
            out[chosen] = torch.rot90(images[chosen], quarter, (2, 3))
    return out
