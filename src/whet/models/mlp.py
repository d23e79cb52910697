"""A plain multilayer perceptron on a table: the network to compare others with.

Helps: speed; a student or a baseline. Hurts: accuracy, beside TabM and boosted trees.
Source: Gorishniy et al., "Revisiting Deep Learning Models for Tabular Data", NeurIPS 2021; its numbers are embedded as
in ``number_embeddings``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from torch import Tensor, nn

from whet.data.inputs import Batch, InputSpec
from whet.data.kinds import Modality
from whet.models.architecture import Architecture, architectures
from whet.models.table_stem import Embedding, TableStem, check_table_settings, relu_layers
from whet.recipe import Recipe
from whet.tasks import table_recipes
from whet.tasks.facts import Facts

__all__ = ["MLP"]


@architectures.register("mlp")
class MLP(Architecture):
    """Stem -> ReLU layers -> head.

    Shapes (B = batch, D = ``width``): features (B, D) -> outputs (B, K).
    Args:
        depth: layers, at least 1.
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
        depth: int = 3,
        width: int = 256,
        dropout: float = 0.1,
        embedding: Embedding = "piecewise",
        embedding_dim: int = 12,
        bins: int = 32,
        category_dim: int = 8,
    ) -> None:
        super().__init__()
        check_table_settings("mlp", depth=depth, width=width, dropout=dropout, bins=bins,
                             embedding=embedding, embedding_dim=embedding_dim, category_dim=category_dim)  # fmt: skip
        self.stem = TableStem(spec, embedding=embedding, dim=embedding_dim, bins=bins, category_dim=category_dim)
        self.layers = nn.Sequential(*relu_layers(self.stem.width, width, depth=depth, dropout=dropout))
        self._width = width
        self.reset_head(num_outputs)

    @classmethod
    def recipes(cls, facts: Facts) -> Mapping[str, Recipe]:
        """TabM's recipe with a rate for one network."""
        return {"mlp": table_recipes.mlp(facts)}

    def initialise(self, sample: Batch) -> None:
        """Place the bins of the number embeddings."""
        self.stem.initialise(sample)

    def forward_features(self, batch: Batch) -> Tensor:
        """(B, D)."""
        features: Tensor = self.layers(self.stem(batch))
        return features

    def reset_head(self, num_outputs: int) -> None:
        """A fresh linear head."""
        self.head = nn.Linear(self._width, num_outputs)

    def decayed(self) -> list[nn.Parameter]:
        """The layers and the head; embeddings and biases stay free."""
        return [p for part in (self.layers, self.head) for p in part.parameters() if p.ndim == 2]
