"""Filters over runs of neighbouring words, the strongest answer of each kept.

Helps: short texts decided by a phrase (questions, sentiment); a different view beside bags in an ensemble.
Hurts: long texts whose answer is spread out.
Source: Kim, "Convolutional Neural Networks for Sentence Classification", EMNLP 2014. Differs: embeddings start at
random (no pretrained vectors) and the mean word embedding is joined to the maxima.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from whet.data.inputs import Batch, InputSpec
from whet.data.kinds import Modality
from whet.errors import ConfigError
from whet.models.architecture import Architecture, architectures
from whet.models.masked_pooling import mean_and_max
from whet.recipe import Recipe
from whet.tasks import text_recipes
from whet.tasks.facts import Facts

__all__ = ["TextCNN"]

_SIZES = (1, 2, 3, 4)  # words that a filter sees


@architectures.register("text_cnn")
class TextCNN(Architecture):
    """Token embeddings -> filters over 1 to 4 words -> maximum over positions -> head.

    Shapes (B = batch, L = longest text in the batch, D = ``dim``, F = ``filters``):
        tokens: (B, L) int64, 0 = padding -> features (B, 4 F + D) -> outputs (B, K).
    Args:
        dim: length of a token's embedding, at least 1.
        filters: filters of each size, at least 1.
        dropout: probability of zeroing a unit of the embeddings (half of it) and of the features, in [0, 1).
    """

    modality: ClassVar[Modality] = Modality.TEXT
    parts: ClassVar[tuple[str, ...]] = ("tokens",)
    families: ClassVar[tuple[str, ...]] = ("cnn",)

    def __init__(
        self, spec: InputSpec, num_outputs: int, *, dim: int = 128, filters: int = 64, dropout: float = 0.5
    ) -> None:
        super().__init__()
        _check(dim, filters, dropout)
        self.embed = nn.Embedding(spec.vocab_size, dim, padding_idx=0)
        with torch.no_grad():
            self.embed.weight.mul_(0.25)  # Kim's random vectors have the variance of trained ones, U(-0.25, 0.25)
        self.convs = nn.ModuleList(nn.Conv1d(dim, filters, size) for size in _SIZES)
        self.embed_dropout, self.dropout = nn.Dropout(dropout / 2), nn.Dropout(dropout)
        self._width = len(_SIZES) * filters + dim
        self.reset_head(num_outputs)

    @classmethod
    def recipes(cls, facts: Facts) -> Mapping[str, Recipe]:
        """The recipe of text tasks."""
        return {"cnn": text_recipes.text_cnn()}

    def forward_features(self, batch: Batch) -> Tensor:
        """(B, 4 F + D)."""
        tokens = batch["tokens"]
        real = tokens != 0  # (B, L)
        h = self.embed_dropout(self.embed(tokens)).transpose(1, 2)  # (B, D, L); padding is zero
        # Every window that begins at a word counts, so that the end of a text reads the same whatever follows it.
        answers = [conv(F.pad(h, (0, size - 1))) for conv, size in zip(self.convs, _SIZES, strict=True)]
        filtered = torch.relu(torch.cat(answers, dim=1)).transpose(1, 2)  # (B, L, 4 F)
        tops = (filtered * real.unsqueeze(-1)).amax(dim=1)  # relu: 0 is the least there can be
        mean = mean_and_max(h.transpose(1, 2), real)[:, : h.shape[1]]
        features: Tensor = self.dropout(torch.cat([tops, mean], dim=1))
        return features

    def reset_head(self, num_outputs: int) -> None:
        """A fresh linear head."""
        self.head = nn.Linear(self._width, num_outputs)

    def receptive_field(self) -> int:
        """Tokens that the longest filter sees."""
        return max(_SIZES)

    def decayed(self) -> list[nn.Parameter]:
        """Filters and head, not the embeddings: decay would pull rare words to zero while they are absent."""
        return [p for p in self.parameters() if p.ndim >= 2 and p is not self.embed.weight]


def _check(dim: int, filters: int, dropout: float) -> None:
    rules = [
        ("dim", dim, dim >= 1, "at least 1"),
        ("filters", filters, filters >= 1, "at least 1"),
        ("dropout", dropout, 0.0 <= dropout < 1.0, "in [0, 1)"),
    ]
    faults = [f"text_cnn.{name} must be {wanted}; got {value!r}." for name, value, holds, wanted in rules if not holds]
    if faults:
        raise ConfigError(" ".join(faults))
