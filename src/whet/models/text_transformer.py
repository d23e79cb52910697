"""A small pre-norm transformer encoder over tokens, trained from scratch.

Helps: texts whose meaning hangs on word order, from some ten thousand examples on.
Hurts: a few thousand examples or less, where a bag of n-grams learns more from each; long texts on a CPU.
Source: Vaswani et al., NeurIPS 2017; pre-norm after Xiong et al., "On Layer Normalization in the Transformer
Architecture", ICML 2020. Differs: the sentence is the masked mean joined with the masked maximum over positions.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from whet.data.inputs import Batch, InputSpec
from whet.data.kinds import Modality
from whet.errors import ConfigError
from whet.models.architecture import Architecture, architectures
from whet.models.attention_block import AttentionBlock
from whet.models.masked_pooling import mean_and_max

__all__ = ["TextTransformer"]


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
    """

    modality: ClassVar[Modality] = Modality.TEXT
    parts: ClassVar[tuple[str, ...]] = ("tokens",)

    def __init__(
        self,
        spec: InputSpec,
        num_outputs: int,
        *,
        width: int = 96,
        depth: int = 2,
        heads: int = 4,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        _check(width, depth, heads, dropout)
        self.embed = nn.Embedding(spec.vocab_size, width, padding_idx=0)
        self.position = nn.Embedding(spec.max_tokens, width)
        nn.init.normal_(self.position.weight, std=0.02)  # small: words first, their places later
        with torch.no_grad():
            self.embed.weight.mul_(0.1)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(AttentionBlock(width, heads, dropout=dropout) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self._width = 2 * width
        self.reset_head(num_outputs)

    def forward_features(self, batch: Batch) -> Tensor:
        """(B, 2 D)."""
        tokens = batch["tokens"]
        real = tokens != 0  # (B, L)
        places = torch.arange(tokens.shape[1], device=tokens.device)
        h = self.dropout(self.embed(tokens) + self.position(places))  # (B, L, D)
        for block in self.blocks:
            h = block(h, real)
        features: Tensor = self.dropout(mean_and_max(self.norm(h), real))
        return features

    def reset_head(self, num_outputs: int) -> None:
        """A fresh linear head."""
        self.head = nn.Linear(self._width, num_outputs)

    def decayed(self) -> list[nn.Parameter]:
        """Matrices, but neither embedding: decay would pull rare words to zero at each step they are absent from."""
        excluded = {id(self.embed.weight), id(self.position.weight)}
        return [p for p in self.parameters() if p.ndim >= 2 and id(p) not in excluded]


def _check(width: int, depth: int, heads: int, dropout: float) -> None:
    rules = [
        ("heads", heads, heads >= 1, "at least 1"),
        ("width", width, width >= 1 and width % max(heads, 1) == 0, f"positive and divisible by heads ({heads!r})"),
        ("depth", depth, depth >= 1, "at least 1"),
        ("dropout", dropout, 0.0 <= dropout < 1.0, "in [0, 1)"),
    ]
    faults = [
        f"text_transformer.{name} must be {wanted}; got {value!r}." for name, value, ok, wanted in rules if not ok
    ]
    if faults:
        raise ConfigError(" ".join(faults))
