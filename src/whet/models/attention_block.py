"""One pre-norm transformer block for padded sequences: self-attention, then a two-layer network, both residual.

Source: Vaswani et al., NeurIPS 2017; Xiong et al., ICML 2020 (pre-norm).
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["AttentionBlock"]


class AttentionBlock(nn.Module):
    """Positions that are padding are never attended to.

    Shapes (B = batch, L = positions, D = width):
        h: (B, L, D), real: (B, L) bool, True where there is a token -> (B, L, D). A row without a token stays finite.
    """

    def __init__(self, width: int, heads: int, *, dropout: float, expansion: int = 2) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, expansion * width), nn.GELU(), nn.Linear(expansion * width, width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, h: Tensor, real: Tensor) -> Tensor:
        """(B, L, D)."""
        h = h + self.dropout(self._attend(self.norm1(h), real))
        branch: Tensor = self.dropout(self.mlp(self.norm2(h)))
        return h + branch

    def _attend(self, h: Tensor, real: Tensor) -> Tensor:
        B, L, D = h.shape
        q, k, v = self.qkv(h).view(B, L, 3, self.heads, D // self.heads).permute(2, 0, 3, 1, 4)  # each (B, H, L, D/H)
        # A text without tokens attends to its padding: a softmax over nothing would be NaN.
        visible = real | ~real.any(dim=1, keepdim=True)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=visible[:, None, None, :])
        joined: Tensor = self.out(mixed.transpose(1, 2).reshape(B, L, D))
        return joined
