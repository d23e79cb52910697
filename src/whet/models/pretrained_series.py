"""A pretrained waveform model (wav2vec2 ...) with a linear head.

Helps: recordings of speech and sound with few labels. Hurts: series that are no sound: the body expects 16,000 steps a
second, and MiniRocket or InceptionTime know more about a hundred slow measurements.
Source: Baevski et al., "wav2vec 2.0", NeurIPS 2020. Differs: the mean over all frames; each channel is read on its own.
"""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn

from whet.data.inputs import Batch, InputSpec
from whet.data.kinds import Modality
from whet.errors import ConfigError
from whet.models.architecture import Architecture, architectures
from whet.models.pretrained.series_bodies import series_bodies

__all__ = ["PretrainedSeries"]


@architectures.register("pretrained_series")
class PretrainedSeries(Architecture):
    """The body that ``spec.backbone`` describes, dropout, head.

    Shapes (B = batch, D = the body's width over all channels): series (B, C, T) -> features (B, D) -> outputs (B, K).
    Args:
        dropout: probability of zeroing a feature, in [0, 1).
    """

    modality: ClassVar[Modality] = Modality.SERIES
    parts: ClassVar[tuple[str, ...]] = ("series",)
    families: ClassVar[tuple[str, ...]] = ("transformer",)
    needs_backbone: ClassVar[bool] = True

    def __init__(self, spec: InputSpec, num_outputs: int, *, dropout: float = 0.1) -> None:
        super().__init__()
        if spec.backbone.get("kind") not in series_bodies:
            raise ConfigError(
                "pretrained_series needs a pretrained waveform model: set Recipe.backbone, such as 'hf:org/name'."
            )
        if not 0.0 <= dropout < 1.0:
            raise ConfigError(f"pretrained_series.dropout must be in [0, 1); got {dropout!r}.")
        self.body = series_bodies[spec.backbone["kind"]](spec)
        self.dropout = nn.Dropout(dropout)
        self.reset_head(num_outputs)

    def forward_features(self, batch: Batch) -> Tensor:
        """(B, D)."""
        features: Tensor = self.dropout(self.body(batch["series"]))
        return features

    def reset_head(self, num_outputs: int) -> None:
        """A fresh linear head."""
        self.head = nn.Linear(self.body.dim, num_outputs)

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """Filters, each block, head."""
        return [*self.body.groups(), list(self.head.parameters())]
