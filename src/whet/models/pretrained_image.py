"""A pretrained picture model (ViT, ResNet, ConvNeXt ...) with a linear head.

Helps: a few dozen to a few thousand photos a class: the body has seen a million. Hurts: pictures unlike photos
(spectra, tiny sprites), and a CPU: every picture is scaled up to the body's size.
Source: Donahue et al., "DeCAF", ICML 2014; Dosovitskiy et al., "An Image is Worth 16x16 Words", ICLR 2021.
Differs: pictures are scaled to a square as a whole, without the crop of the centre.
"""

from __future__ import annotations

from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from whet.data.inputs import Batch, InputSpec
from whet.data.kinds import Modality
from whet.errors import ConfigError
from whet.models.architecture import Architecture, architectures
from whet.models.pretrained.image_bodies import image_bodies

__all__ = ["PretrainedImage"]


@architectures.register("pretrained_image")
class PretrainedImage(Architecture):
    """Scaling, the body that ``spec.backbone`` describes, dropout, head.

    Shapes (B = batch, D = the body's width): image (B, C, H, W), normalised -> features (B, D) -> outputs (B, K).
    Args:
        side: pixels along a side of what the body sees; None: as it was trained. Smaller is faster and sees less.
        dropout: probability of zeroing a feature, in [0, 1).
    """

    modality: ClassVar[Modality] = Modality.IMAGE
    parts: ClassVar[tuple[str, ...]] = ("image",)
    families: ClassVar[tuple[str, ...]] = ("cnn", "transformer")
    needs_backbone: ClassVar[bool] = True

    def __init__(self, spec: InputSpec, num_outputs: int, *, side: int | None = None, dropout: float = 0.1) -> None:
        super().__init__()
        _check(spec, side, dropout)
        self.body = image_bodies[spec.backbone["kind"]](spec)
        self._channels, self._side = int(spec.backbone["channels"]), side or int(spec.backbone["side"])
        if self.body.only_side not in (None, self._side):
            raise ConfigError(
                f"pretrained_image.side must be {self.body.only_side} for this body, which reads no other size; "
                f"got {self._side}."
            )
        self.dropout = nn.Dropout(dropout)
        self.reset_head(num_outputs)

    def forward_features(self, batch: Batch) -> Tensor:
        """(B, D)."""
        x = batch["image"]
        if x.shape[1] == 1 < self._channels:
            x = x.expand(-1, self._channels, -1, -1)  # grey in each channel
        if x.shape[2:] != (self._side, self._side):
            x = F.interpolate(x, size=(self._side, self._side), mode="bilinear", antialias=True, align_corners=False)
        features: Tensor = self.dropout(self.body(x))
        return features

    def reset_head(self, num_outputs: int) -> None:
        """A fresh linear head."""
        self.head = nn.Linear(self.body.dim, num_outputs)

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """Embeddings or stem, each block or stage, head."""
        return [*self.body.groups(), list(self.head.parameters())]


def _check(spec: InputSpec, side: int | None, dropout: float) -> None:
    if spec.backbone.get("kind") not in image_bodies:
        raise ConfigError(
            "pretrained_image needs a pretrained picture model: set Recipe.backbone, for example to 'hf:org/name'."
        )
    if side is not None and side < 1:
        raise ConfigError(f"pretrained_image.side must be at least 1 pixel, or None; got {side!r}.")
    if not 0.0 <= dropout < 1.0:
        raise ConfigError(f"pretrained_image.dropout must be in [0, 1); got {dropout!r}.")
