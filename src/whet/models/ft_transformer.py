"""FT-Transformer: the columns of a row as tokens that attend to each other.

Helps: tables of tens of thousands of rows whose columns act together; a different view beside trees in an ensemble.
Hurts: time, which grows with the square of the number of columns; small tables, beside boosted trees and TabM.
Source: Gorishniy et al., "Revisiting Deep Learning Models for Tabular Data", NeurIPS 2021, section 3.3.
    Differs: a third as wide with half the heads by default, for a CPU, and a ten times higher rate, for trainings of
    some twenty epochs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

from whet.data.inputs import Batch, InputSpec
from whet.data.kinds import Modality
from whet.models.architecture import Architecture, architectures
from whet.models.feature_tokens import TOKEN_EMBEDDINGS, FeatureTokens, TokenEmbedding
from whet.models.transformer import TransformerEncoder
from whet.models.transformer_block import BlockSettings
from whet.models.transformer_checks import check_transformer
from whet.recipe import Length, Optimiser, Recipe, Regularisation, Schedule
from whet.tasks.facts import Facts

__all__ = ["FTTransformer"]

_EXPANSION = 4 / 3  # hidden units of a block per unit of its width: the gate doubles the weights into them


@architectures.register("ft_transformer")
class FTTransformer(Architecture):
    """Feature tokens -> ``depth`` attention blocks with ReGLU -> norm and ReLU of the class token -> head.

    Shapes (B = batch, F = numbers, G = categories, L = 1 + F + G tokens, class token first, D = ``width``):
        numbers: (B, F) float32, categories: (B, G) int64 -> features (B, D) -> outputs (B, K). F or G may be 0.
    Args:
        width: D, divisible by ``heads``.
        depth: blocks, at least 1.
        heads: attention heads, at least 1.
        attention_dropout: probability of zeroing an attention weight, in [0, 1).
        hidden_dropout: of zeroing a unit inside the feed-forward networks.
        dropout: of zeroing a unit of what a branch adds.
        embedding: of numbers: "linear", "piecewise" or "periodic".
        bins: quantile bins, or waves, per number, at least 2; not used by "linear".
    """

    modality: ClassVar[Modality] = Modality.TABLE
    parts: ClassVar[tuple[str, ...]] = ("numbers", "categories")
    families: ClassVar[tuple[str, ...]] = ("transformer",)

    def __init__(
        self,
        spec: InputSpec,
        num_outputs: int,
        *,
        width: int = 64,
        depth: int = 3,
        heads: int = 4,
        attention_dropout: float = 0.2,
        hidden_dropout: float = 0.1,
        dropout: float = 0.0,
        embedding: TokenEmbedding = "linear",
        bins: int = 16,
    ) -> None:
        super().__init__()
        check_transformer(
            "ft_transformer", width=width, depth=depth, heads=heads,
            probabilities={"attention_dropout": attention_dropout, "hidden_dropout": hidden_dropout,
                           "dropout": dropout},
            others=[
                ("embedding", embedding, embedding in TOKEN_EMBEDDINGS, f"one of {', '.join(TOKEN_EMBEDDINGS)}"),
                ("bins", bins, bins >= 2, "at least 2"),
            ],
        )  # fmt: skip
        self.tokens = FeatureTokens(spec, width, embedding=embedding, bins=bins)
        block = BlockSettings(
            width=width, heads=heads, hidden=max(1, int(_EXPANSION * width)), activation="reglu", dropout=dropout,
            hidden_dropout=hidden_dropout, attention_dropout=attention_dropout,
        )  # fmt: skip
        self.encoder = TransformerEncoder(depth, block, has_first_norm=False)
        self._width = width
        self.reset_head(num_outputs)

    @classmethod
    def recipes(cls, facts: Facts) -> Mapping[str, Recipe]:
        """AdamW with a cosine."""
        recipe = Recipe(
            architecture="ft_transformer",
            optimiser=Optimiser(name="adamw", lr=1e-3),
            schedule=Schedule(name="cosine", warmup=0.05),
            regularisation=Regularisation(weight_decay=1e-5, grad_clip=1.0),
            length=Length(epochs=24.0),
            batch_size=256 if facts.num_train >= 4_000 else 64,
        )
        return {"transformer": recipe}

    def initialise(self, sample: Batch) -> None:
        """Place the bins of the number embeddings."""
        self.tokens.place_bins(sample)

    def attention_maps(self, batch: Batch) -> list[Tensor]:
        """For each block the (B, H, L, L) attention weights of this pass, query by key."""
        maps: list[Tensor] = []
        self.encoder(self.tokens(batch), maps=maps)
        return maps

    def forward_features(self, batch: Batch) -> Tensor:
        """(B, D)."""
        return torch.relu(self.encoder(self.tokens(batch))[:, 0])

    def reset_head(self, num_outputs: int) -> None:
        """A fresh linear head."""
        self.head = nn.Linear(self._width, num_outputs)

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """Feature tokens, each block, head."""
        return [list(self.tokens.parameters()), *self.encoder.layer_groups(), list(self.head.parameters())]

    def decayed(self) -> list[nn.Parameter]:
        """The matrices of the blocks and the head; the feature tokens stay free, as in the paper."""
        return [p for part in (self.encoder, self.head) for p in part.parameters() if p.ndim >= 2]
