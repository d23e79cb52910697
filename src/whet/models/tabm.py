"""TabM: k networks in one, which share nearly all weights and are averaged.

Helps: tables, most of all together with boosted trees. Hurts: time on a CPU grows with ``members``.
Source: Gorishniy et al., "TabM: Advancing Tabular Deep Learning with Parameter-Efficient Ensembling", ICLR 2025,
the variant TabM-mini: each member scales the shared input by its own vector, the layers are shared, heads are its own.
Differs: fewer and narrower members by default, so that a CPU sees enough epochs (not compared at equal settings);
categories are embedded instead of one-hot.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

from whet.data.inputs import Batch, InputSpec
from whet.data.kinds import Modality
from whet.models.architecture import Architecture, architectures
from whet.models.table_stem import Embedding, TableStem, check_table_settings, relu_layers
from whet.recipe import Recipe
from whet.tasks import table_recipes
from whet.tasks.facts import Facts

__all__ = ["MemberHeads", "TabM"]


class MemberHeads(nn.Module):
    """One linear head per member: (B, M, D) -> (B, M, K)."""

    def __init__(self, members: int, width: int, num_outputs: int) -> None:
        super().__init__()
        bound = width**-0.5
        self.weight = nn.Parameter(torch.empty(members, width, num_outputs).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(members, num_outputs).uniform_(-bound, bound))

    def forward(self, features: Tensor) -> Tensor:
        """(B, M, D) -> (B, M, K)."""
        return torch.einsum("bmd,mdk->bmk", features, self.weight) + self.bias


@architectures.register("tabm")
class TabM(Architecture):
    """Stem -> a scaling per member -> shared ReLU layers -> a head per member.

    Shapes (B = batch, M = ``members``, D = ``width``): features (B, M, D) -> outputs (B, M, K).
    Args:
        members: networks side by side, at least 1.
        depth: shared layers, at least 1.
        width: units per layer, at least 1.
        dropout: probability of zeroing a unit after each layer, in [0, 1).
        embedding: of numbers: "piecewise", "periodic" or "none".
        embedding_dim: length of a number's vector, at least 1.
        bins: quantile bins, or waves, per number, at least 2.
        category_dim: length of a category's vector, at least 1.
    """

    modality: ClassVar[Modality] = Modality.TABLE
    parts: ClassVar[tuple[str, ...]] = ("numbers", "categories")
    families: ClassVar[tuple[str, ...]] = ("mlp",)

    def __init__(
        self,
        spec: InputSpec,
        num_outputs: int,
        *,
        members: int = 8,
        depth: int = 3,
        width: int = 128,
        dropout: float = 0.1,
        embedding: Embedding = "piecewise",
        embedding_dim: int = 12,
        bins: int = 32,
        category_dim: int = 8,
    ) -> None:
        super().__init__()
        check_table_settings("tabm", members=members, depth=depth, width=width, dropout=dropout, bins=bins,
                             embedding=embedding, embedding_dim=embedding_dim, category_dim=category_dim)  # fmt: skip
        self.stem = TableStem(spec, embedding=embedding, dim=embedding_dim, bins=bins, category_dim=category_dim)
        self.scales = nn.Parameter(torch.randn(members, self.stem.width))
        self.layers = nn.Sequential(*relu_layers(self.stem.width, width, depth=depth, dropout=dropout))
        self._shape = (members, width)
        self.reset_head(num_outputs)

    @classmethod
    def recipes(cls, facts: Facts) -> Mapping[str, Recipe]:
        """The recipe of table tasks."""
        return {"mlp": table_recipes.tabm(facts)}

    def initialise(self, sample: Batch) -> None:
        """Place the bins of the number embeddings."""
        self.stem.initialise(sample)

    def forward_features(self, batch: Batch) -> Tensor:
        """(B, M, D)."""
        x = self.stem(batch)  # (B, width of the stem)
        features: Tensor = self.layers(x.unsqueeze(1) * self.scales)
        return features

    def reset_head(self, num_outputs: int) -> None:
        """Fresh heads."""
        self.head = MemberHeads(*self._shape, num_outputs)

    def decayed(self) -> list[nn.Parameter]:
        """The shared layers and the heads; scales, embeddings and biases stay free."""
        layers = [p for p in self.layers.parameters() if p.ndim == 2]
        head = [p for name, p in self.head.named_parameters() if name == "weight"]
        return layers + head
