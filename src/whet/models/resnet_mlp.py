"""A residual network for tables: each block adds a correction to what it got.

Helps: tables of tens of thousands of rows, where a plain perceptron stops gaining from depth.
Hurts: small tables, beside boosted trees and TabM.
Source: Gorishniy et al., "Revisiting Deep Learning Models for Tabular Data", NeurIPS 2021, section 3.2.
    Differs: layer norm instead of batch norm, so that rows stay independent of their batch; numbers are embedded as in
    ``number_embeddings``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

from whet.data.inputs import Batch, InputSpec
from whet.data.kinds import Modality
from whet.models.architecture import Architecture, architectures
from whet.models.conv_checks import check_probability, refuse
from whet.models.table_stem import Embedding, TableStem, check_table_settings
from whet.recipe import Length, Optimiser, Recipe, Regularisation, Schedule
from whet.tasks.facts import Facts

__all__ = ["ResNetMLP"]

_EXPANSION = 2  # hidden units of a block per unit between blocks


@architectures.register("resnet_mlp")
class ResNetMLP(Architecture):
    """Stem -> linear -> residual blocks -> norm, ReLU -> head.

    Shapes (B = batch, D = ``width``): features (B, D) -> outputs (B, K).
    Args:
        depth: blocks, at least 1.
        width: D, units between blocks, at least 1; a block has twice as many inside.
        dropout: probability of zeroing a unit inside a block, in [0, 1).
        residual_dropout: probability of zeroing a unit of what a block adds, in [0, 1).
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
        depth: int = 2,
        width: int = 128,
        dropout: float = 0.1,
        residual_dropout: float = 0.0,
        embedding: Embedding = "piecewise",
        embedding_dim: int = 12,
        bins: int = 32,
        category_dim: int = 8,
    ) -> None:
        super().__init__()
        check_table_settings("resnet_mlp", depth=depth, width=width, dropout=dropout, bins=bins,
                             embedding=embedding, embedding_dim=embedding_dim, category_dim=category_dim)  # fmt: skip
        refuse("resnet_mlp", check_probability("residual_dropout", residual_dropout))
        self.stem = TableStem(spec, embedding=embedding, dim=embedding_dim, bins=bins, category_dim=category_dim)
        self.entry = nn.Linear(self.stem.width, width)
        self.blocks = nn.ModuleList(_branch(width, dropout, residual_dropout) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self._width = width
        self.reset_head(num_outputs)

    @classmethod
    def recipes(cls, facts: Facts) -> Mapping[str, Recipe]:
        """AdamW with a cosine."""
        recipe = Recipe(
            architecture="resnet_mlp",
            optimiser=Optimiser(name="adamw", lr=2e-3),
            schedule=Schedule(name="cosine", warmup=0.05),
            regularisation=Regularisation(weight_decay=1e-2, grad_clip=1.0),
            length=Length(epochs=24.0),
            batch_size=256 if facts.num_train >= 4_000 else 64,
        )
        return {"mlp": recipe}

    def initialise(self, sample: Batch) -> None:
        """Place the bins of the number embeddings."""
        self.stem.initialise(sample)

    def forward_features(self, batch: Batch) -> Tensor:
        """(B, D)."""
        x = self.entry(self.stem(batch))
        for branch in self.blocks:
            x = x + branch(x)
        return torch.relu(self.norm(x))

    def reset_head(self, num_outputs: int) -> None:
        """A fresh linear head."""
        self.head = nn.Linear(self._width, num_outputs)

    def decayed(self) -> list[nn.Parameter]:
        """The layers and the head; embeddings and biases stay free."""
        return [p for part in (self.entry, self.blocks, self.head) for p in part.parameters() if p.ndim == 2]

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """Stem, each block, head."""
        blocks = [list(block.parameters()) for block in self.blocks]
        blocks[-1] += self.norm.parameters()
        return [[*self.stem.parameters(), *self.entry.parameters()], *blocks, list(self.head.parameters())]


def _branch(width: int, dropout: float, residual_dropout: float) -> nn.Sequential:
    """What a block adds: norm, expand, ReLU, dropout, reduce, dropout; (B, D) -> (B, D)."""
    return nn.Sequential(
        nn.LayerNorm(width),
        nn.Linear(width, _EXPANSION * width),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(_EXPANSION * width, width),
        nn.Dropout(residual_dropout),
    )
