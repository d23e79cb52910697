"""A recurrent network over a recorded series, in both directions; long series in patches.

Helps: answers in the order of events or in what accumulates over time; series of up to a few hundred steps.
Hurts: local shapes at several scales (InceptionTime), few series (MiniRocket first), and long series on a CPU: the
steps run one after the other, so the recipe joins neighbouring steps into patches until at most 400 are left.
Source: Graves & Schmidhuber, Neural Networks 2005; patches as in Nie et al., "A Time Series is Worth 64 Words", ICLR
2023. Differs: patches do not overlap, and hold all channels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from whet.data.inputs import Batch, InputSpec
from whet.data.kinds import Modality
from whet.errors import ConfigError, ShapeError
from whet.models.architecture import Architecture, architectures
from whet.models.recurrent import RecurrentLayers
from whet.models.recurrent_checks import check_recurrent
from whet.models.recurrent_pooling import Pooled, SequencePooling
from whet.recipe import Length, Optimiser, Recipe, Regularisation, Schedule
from whet.tasks.facts import Facts

__all__ = ["SeriesRecurrent"]

_MOST_STEPS = 400  # that the recipe reads one after the other
_RATES = {"rnn": 1e-3, "lstm": 3e-3, "gru": 3e-3}  # Elman's network is unstable at the rates that gates allow


@architectures.register("series_recurrent")
class SeriesRecurrent(Architecture):
    """Patches of steps -> recurrent layers -> pooling -> head.

    Shapes (B = batch, C = channels, T = steps, P = T / ``patch`` rounded up, D = ``width``, or twice that in both
    directions):
        series: (B, C, T) float32 -> P patches (B, P, C * ``patch``) -> features (B, D) -> outputs (B, K).
    Args:
        cell: one of "rnn", "lstm", "gru".
        width: units per layer and direction, at least 1.
        layers: recurrent layers, at least 1.
        bidirectional: read each series also from its end.
        pooling: one of "last", "mean", "attention".
        patch: steps joined into one input, at least 1; the first patch is filled up with zeros where T needs it.
        dropout: probability of zeroing a unit between layers and of the features, in [0, 1).
        truncate: patches after which the state is carried on without its gradient, only with ``bidirectional`` False;
            with pooling "last" the gradient then reaches nothing before the last chunk. None: never.
    """

    modality: ClassVar[Modality] = Modality.SERIES
    parts: ClassVar[tuple[str, ...]] = ("series",)
    families: ClassVar[tuple[str, ...]] = ("rnn", "lstm", "gru")

    def __init__(
        self,
        spec: InputSpec,
        num_outputs: int,
        *,
        cell: str = "lstm",
        width: int = 64,
        layers: int = 1,
        bidirectional: bool = True,
        pooling: str = "attention",
        patch: int = 1,
        dropout: float = 0.1,
        truncate: int | None = None,
    ) -> None:
        super().__init__()
        check_recurrent("series_recurrent", cell=cell, pooling=pooling, width=width, layers=layers, dropout=dropout,
                        bidirectional=bidirectional, truncate=truncate,
                        others=[("patch", patch, patch >= 1, "at least 1 step")])  # fmt: skip
        self.channels, self.patch = spec.channels, patch
        self.layers = RecurrentLayers(spec.channels * patch, width, cell=cell, layers=layers,
                                      bidirectional=bidirectional, dropout=dropout, truncate=truncate)  # fmt: skip
        self.pooling = SequencePooling(self.layers.num_features, pooling)
        self.dropout = nn.Dropout(dropout)
        self.reset_head(num_outputs)

    @classmethod
    def recipes(cls, facts: Facts) -> Mapping[str, Recipe]:
        """One per cell; gradients are clipped, because recurrent ones can explode (Pascanu et al., ICML 2013)."""
        return {cell: _recipe(cell, facts) for cell in cls.families}

    def forward_features(self, batch: Batch) -> Tensor:
        """(B, D)."""
        features: Tensor = self.dropout(self._read(batch).features)
        return features

    def attention(self, batch: Batch) -> Tensor:
        """(B, P): the weight with which each patch, from the first to the last, entered the features; they sum to 1."""
        weights = self._read(batch).weights
        if weights is None:
            raise ConfigError(
                f"series_recurrent has attention weights only with pooling 'attention'; it was built with "
                f"{self.pooling.pooling!r}. Build and train it with pooling='attention'."
            )
        return weights

    def reset_head(self, num_outputs: int) -> None:
        """A fresh linear head."""
        self.head = nn.Linear(self.layers.num_features, num_outputs)

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """Each recurrent layer, attention where there is one, head."""
        top = [list(part.parameters()) for part in (self.pooling, self.head)]
        return [group for group in (*self.layers.layer_groups(), *top) if group]

    def _read(self, batch: Batch) -> Pooled:
        x = self._patches(batch["series"])
        pooled: Pooled = self.pooling(self.layers(x), x.new_ones(x.shape[:2]).bool())
        return pooled

    def _patches(self, series: Tensor) -> Tensor:
        """(B, C, T) -> (B, P, C * patch)."""
        if series.ndim != 3 or series.shape[1] != self.channels:
            raise ShapeError(
                f"series_recurrent reads series (B, {self.channels}, T); got {tuple(series.shape)}. Refit the encoder?"
            )
        missing = -series.shape[2] % self.patch
        filled = F.pad(series, (missing, 0))  # in front, so that the state at the end has read real steps last
        batch, channels, steps = filled.shape
        patches = filled.reshape(batch, channels, steps // self.patch, self.patch)
        return patches.transpose(1, 2).flatten(2)


def _recipe(cell: str, facts: Facts) -> Recipe:
    length = facts.series_shape[1]
    settings: dict[str, object] = {"cell": cell}
    if length > _MOST_STEPS:
        settings["patch"] = -(-length // _MOST_STEPS)
    return Recipe(
        architecture="series_recurrent",
        settings=settings,
        optimiser=Optimiser(name="adamw", lr=_RATES[cell]),
        schedule=Schedule(name="one_cycle", warmup=0.2),
        regularisation=Regularisation(weight_decay=1e-2, grad_clip=1.0),
        length=Length(epochs=60.0 if facts.num_train < 1_000 else 30.0),
        batch_size=16 if facts.num_train < 500 else 64,
    )
