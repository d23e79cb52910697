"""What the picture networks with stages share: stem -> stages -> global average -> head.

The average over positions is the last step before the linear head, so a class's logit is a sum over positions of
``feature_map``, and a map of where the evidence lies is exact (Zhou et al., CVPR 2016), not an approximation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from torch import Tensor, nn

from whet.data.inputs import Batch, InputSpec
from whet.data.kinds import Modality
from whet.models.architecture import Architecture
from whet.models.conv_checks import check_images
from whet.models.receptive import Window, receptive_field

__all__ = ["PictureNetwork"]


class PictureNetwork(Architecture):
    """Abstract: a network of this kind builds its parts and hands them to ``assemble``.

    Shapes (B = batch, C = channels, D = ``num_features``):
        image: (B, C, H, W) -> feature_map (B, D, h, w) -> features (B, D) -> outputs (B, K).
    """

    modality: ClassVar[Modality] = Modality.IMAGE
    parts: ClassVar[tuple[str, ...]] = ("image",)
    families: ClassVar[tuple[str, ...]] = ("cnn",)
    any_size: ClassVar[bool] = True

    def assemble(
        self,
        spec: InputSpec,
        *,
        stem: nn.Module,
        stages: Sequence[nn.Module],
        windows: Sequence[Window] | None,  # along the furthest-reading path; None: a feature sees the whole picture
        num_features: int,
        num_outputs: int,
        dropout: float,
    ) -> None:
        """Take over the parts; called once, at the end of ``__init__``."""
        self.spec, self.num_features, self._windows = spec, num_features, windows
        self.stem, self.stages = stem, nn.Sequential(*stages)
        self.dropout = nn.Dropout(dropout)
        self.reset_head(num_outputs)

    def feature_map(self, batch: Batch) -> Tensor:
        """(B, D, h, w): the last map before the average over positions."""
        check_images(type(self).__name__, batch["image"], self.spec)
        x: Tensor = self.stages(self.stem(batch["image"]))
        return x

    def forward_features(self, batch: Batch) -> Tensor:
        """(B, D): the average of ``feature_map`` over positions."""
        features: Tensor = self.dropout(self.feature_map(batch).mean(dim=(2, 3)))
        return features

    def reset_head(self, num_outputs: int) -> None:
        """A fresh linear head."""
        self.head = nn.Linear(self.num_features, num_outputs)
        nn.init.zeros_(self.head.bias)

    def receptive_field(self) -> int | None:
        """Pixels along a side that one position of ``feature_map`` depends on."""
        return None if self._windows is None else receptive_field(self._windows)

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """Stem, each stage, head."""
        return [list(part.parameters()) for part in (self.stem, *self.stages, self.head)]
