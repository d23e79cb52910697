"""Keys and values that attention has computed, kept so that generating a sequence step by step costs one step each.

Helps: generation, where every new token would otherwise run through the network with all that came before.
Hurts: memory, two vectors per position, layer and example.
Source: Shazeer, "Fast Transformer Decoding", arXiv 1911.02150 (incremental attention).
"""

from __future__ import annotations

import torch
from torch import Tensor

from whet.errors import ShapeError

__all__ = ["AttentionCache", "DecoderCache"]


class AttentionCache:
    """Of one attention layer: keys and values (B, H, S, D / H), S growing with each call; empty at first."""

    def __init__(self) -> None:
        self._content: tuple[Tensor, Tensor] | None = None

    @property
    def is_filled(self) -> bool:
        """Whether there has been a call."""
        return self._content is not None

    @property
    def length(self) -> int:
        """S, keys so far."""
        return 0 if self._content is None else self._content[0].shape[2]

    def content(self) -> tuple[Tensor, Tensor]:
        """The keys and values so far."""
        if self._content is None:
            raise ShapeError("this cache is empty; pass the memory in the first step.")
        return self._content

    def extended(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Add (B, H, L, D / H) of new positions; all keys and values so far."""
        if self._content is not None:
            old_keys, old_values = self._content
            keys, values = torch.cat([old_keys, keys], dim=2), torch.cat([old_values, values], dim=2)
        self._content = keys, values
        return self._content


class DecoderCache:
    """Of a whole decoder: for each block a cache of its self-attention and one of its attention to the memory."""

    def __init__(self, depth: int) -> None:
        self.blocks = [(AttentionCache(), AttentionCache()) for _ in range(depth)]

    @property
    def length(self) -> int:
        """Target positions so far."""
        return self.blocks[0][0].length
