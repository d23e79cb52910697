"""A bag of n-gram embeddings: their mean, then one or two linear layers.

Helps: topics, sentiment, intent; thousands of texts a second on one core; few examples.
Hurts: tasks decided by word order beyond pairs of words.
Source: Joulin et al., "Bag of Tricks for Efficient Text Classification", EACL 2017. Differs: Adam-trained with
dropout on the mean and, when ``hidden`` is set, one hidden layer (Iyyer et al., "Deep Unordered Composition Rivals
Syntactic Methods", ACL 2015).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

from whet.data.inputs import Batch, InputSpec
from whet.data.kinds import Modality
from whet.errors import ConfigError
from whet.models.architecture import Architecture, architectures
from whet.recipe import Recipe
from whet.tasks import text_recipes
from whet.tasks.facts import Facts

__all__ = ["EmbeddingBag"]


@architectures.register("embedding_bag")
class EmbeddingBag(Architecture):
    """Mean of n-gram embeddings + head.

    Shapes (B = batch, M = most n-grams of a text in the batch, D = ``dim``, or ``hidden`` where it is set):
        ngrams: (B, M) int64, 0 = padding -> features (B, D) -> outputs (B, K).
    Args:
        dim: length of an n-gram's embedding, at least 1.
        hidden: units of the hidden layer; 0 for none.
        dropout: probability of zeroing a unit of the mean (and of the hidden layer), in [0, 1).
    A text without a known n-gram has a mean of zero.
    """

    modality: ClassVar[Modality] = Modality.TEXT
    parts: ClassVar[tuple[str, ...]] = ("ngrams",)
    families: ClassVar[tuple[str, ...]] = ("bag",)

    def __init__(
        self, spec: InputSpec, num_outputs: int, *, dim: int = 32, hidden: int = 0, dropout: float = 0.3
    ) -> None:
        super().__init__()
        _check(dim, hidden, dropout)
        self.embed = nn.EmbeddingBag(spec.num_buckets, dim, mode="mean", padding_idx=0)
        with torch.no_grad():  # a small start lets the first steps decide; PyTorch's N(0, 1) would drown them
            self.embed.weight.uniform_(-1.0 / dim, 1.0 / dim)
            self.embed.weight[0] = 0.0
        self.hidden = nn.Sequential(nn.Linear(dim, hidden), nn.GELU(), nn.Dropout(dropout)) if hidden else nn.Identity()
        self.dropout = nn.Dropout(dropout)
        self._width = hidden or dim
        self.reset_head(num_outputs)

    @classmethod
    def recipes(cls, facts: Facts) -> Mapping[str, Recipe]:
        """The recipe of text tasks."""
        return {"bag": text_recipes.embedding_bag()}

    def forward_features(self, batch: Batch) -> Tensor:
        """(B, D)."""
        features: Tensor = self.hidden(self.dropout(self.embed(batch["ngrams"])))
        return features

    def reset_head(self, num_outputs: int) -> None:
        """A fresh linear head."""
        self.head = nn.Linear(self._width, num_outputs)

    def receptive_field(self) -> int:
        """One n-gram: before the mean, nothing sees two of them."""
        return 1

    def decayed(self) -> list[nn.Parameter]:
        """Not the embeddings: decay would pull every rare n-gram to zero at each step that it is absent from."""
        return [p for p in self.parameters() if p.ndim >= 2 and p is not self.embed.weight]


def _check(dim: int, hidden: int, dropout: float) -> None:
    rules = [
        ("dim", dim, dim >= 1, "at least 1"),
        ("hidden", hidden, hidden >= 0, "0 (none) or more"),
        ("dropout", dropout, 0.0 <= dropout < 1.0, "in [0, 1)"),
    ]
    faults = [
        f"embedding_bag.{name} must be {wanted}; got {value!r}." for name, value, holds, wanted in rules if not holds
    ]
    if faults:
        raise ConfigError(" ".join(faults))
