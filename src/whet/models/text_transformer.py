"""A small transformer encoder over tokens, trained from scratch or from a pretraining on unlabelled texts.

Helps: texts whose meaning hangs on word order, from some ten thousand examples on.
Hurts: a few thousand examples or less, where a bag of n-grams learns more from each; long texts on a CPU.
Source: Vaswani et al., NeurIPS 2017; pre-norm after Xiong et al., "On Layer Normalization in the Transformer
Architecture", ICML 2020. Differs: the sentence is the masked mean joined with the masked maximum over positions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

from whet.data.inputs import Batch, InputSpec
from whet.data.kinds import Modality
from whet.models.architecture import Architecture, architectures
from whet.models.masked_pooling import mean_and_max
from whet.models.positions import Positions
from whet.models.transformer import TransformerEncoder
from whet.models.transformer_block import BlockSettings
from whet.models.transformer_checks import check_transformer
from whet.models.transformer_masking import put_mask
from whet.recipe import Recipe
from whet.tasks import text_recipes
from whet.tasks.facts import Facts

__all__ = ["TextTransformer"]

_EXPANSION = 2  # hidden units of a block per unit of its width
_EMBEDDING_SCALE = 0.1


@architectures.register("text_transformer")
class TextTransformer(Architecture):
    """Token and position embeddings -> ``depth`` attention blocks -> masked mean and maximum -> head.

    Shapes (B = batch, L = longest text in the batch, D = ``width``):
        tokens: (B, L) int64, 0 = padding -> features (B, 2 D) -> outputs (B, K).
    Args:
        width: D, divisible by ``heads``.
        depth: number of blocks, at least 1.
        heads: attention heads, at least 1.
        dropout: probability of zeroing a unit of the embeddings, of each branch and of the features, in [0, 1).
        positions: one of "learned", "sinusoidal", "rotary", "none".
        norm: "pre" or "post", where the norms of a block stand.

    >>> spec = InputSpec(modality=Modality.TEXT, vocab_size=50, max_tokens=16)
    >>> TextTransformer(spec, 3).token_features({"tokens": torch.tensor([[4, 5, 0]])}).shape
    torch.Size([1, 3, 96])
    """

    modality: ClassVar[Modality] = Modality.TEXT
    parts: ClassVar[tuple[str, ...]] = ("tokens",)
    families: ClassVar[tuple[str, ...]] = ("transformer",)

    def __init__(
        self,
        spec: InputSpec,
        num_outputs: int,
        *,
        width: int = 96,
        depth: int = 2,
        heads: int = 4,
        dropout: float = 0.3,
        positions: str = "learned",
        norm: str = "pre",
    ) -> None:
        super().__init__()
        check_transformer("text_transformer", width=width, depth=depth, heads=heads,
                          probabilities={"dropout": dropout}, positions=positions, norm=norm)  # fmt: skip
        self.embed = nn.Embedding(spec.vocab_size, width, padding_idx=0)
        with torch.no_grad():
            self.embed.weight.mul_(_EMBEDDING_SCALE)
        self.position = Positions(positions, width, longest=spec.max_tokens, heads=heads, scale=_EMBEDDING_SCALE)
        self.dropout = nn.Dropout(dropout)
        block = BlockSettings(width=width, heads=heads, hidden=_EXPANSION * width, norm=norm, dropout=dropout)
        self.encoder = TransformerEncoder(depth, block)
        self._width = 2 * width
        self.reset_head(num_outputs)

    @classmethod
    def recipes(cls, facts: Facts) -> Mapping[str, Recipe]:
        """The recipe of text tasks."""
        return {"transformer": text_recipes.text_transformer()}

    def token_features(
        self, batch: Batch, *, masked: Tensor | None = None, mask_embedding: Tensor | None = None
    ) -> Tensor:
        """(B, L, D) states of the last block, normed.

        Args:
            masked: (B, L) bool, tokens whose embedding is replaced by ``mask_embedding`` (D,), which the caller owns;
                their positions stay visible. None: no token.
        """
        return self._read(batch["tokens"], masked=masked, mask_embedding=mask_embedding)

    def attention_maps(self, batch: Batch) -> list[Tensor]:
        """For each block the (B, H, L, L) attention weights of this pass, query by key; 0 for padded keys."""
        maps: list[Tensor] = []
        self._read(batch["tokens"], maps=maps)
        return maps

    def forward_features(self, batch: Batch) -> Tensor:
        """(B, 2 D)."""
        features: Tensor = self.dropout(mean_and_max(self.token_features(batch), batch["tokens"] != 0))
        return features

    def reset_head(self, num_outputs: int) -> None:
        """A fresh linear head."""
        self.head = nn.Linear(self._width, num_outputs)

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """Embeddings, each block, head."""
        embeddings = [*self.embed.parameters(), *self.position.parameters()]
        return [embeddings, *self.encoder.layer_groups(), list(self.head.parameters())]

    def decayed(self) -> list[nn.Parameter]:
        """Matrices, but no embedding: decay would pull rare words to zero at each step they are absent from."""
        excluded = {id(p) for p in (*self.embed.parameters(), *self.position.parameters())}
        return [p for p in self.parameters() if p.ndim >= 2 and id(p) not in excluded]

    def _read(
        self,
        tokens: Tensor,
        *,
        masked: Tensor | None = None,
        mask_embedding: Tensor | None = None,
        maps: list[Tensor] | None = None,
    ) -> Tensor:
        words = put_mask(self.embed(tokens), masked, mask_embedding)
        h = self.dropout(self.position(words))
        rotation = self.position.rotation(tokens.shape[1], like=h)
        states: Tensor = self.encoder(h, real=tokens != 0, rotation=rotation, maps=maps)
        return states
