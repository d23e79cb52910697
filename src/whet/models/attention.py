"""Multi-head attention: each position reads a weighted mean of others, with weights that it computes itself.

Helps: what depends on parts that lie far apart, or in no fixed place.
Hurts: time and memory grow with the square of the length; without positions added it does not know any order.
Source: Vaswani et al., "Attention Is All You Need", NeurIPS 2017; rotary positions after Su et al., arXiv 2104.09864.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from whet.errors import ConfigError, ShapeError
from whet.models.attention_cache import AttentionCache
from whet.models.positions import Rotation, rotate

__all__ = ["MultiHeadAttention"]


class MultiHeadAttention(nn.Module):
    """Self-attention over ``x``, or, built with ``memory_width``, cross-attention from ``x`` to a memory.

    Shapes (B = batch, L = queries, S = keys, D = ``width``, H = ``heads``):
        x: (B, L, D), memory: (B, S, ``memory_width``) -> (B, L, D); weights (B, H, L, S).
    Args:
        width: D, divisible by ``heads``.
        heads: H, at least 1.
        memory_width: width of the memory; None: self-attention, S = L.
        dropout: probability of zeroing an attention weight, in [0, 1).

    >>> MultiHeadAttention(8, 2)(torch.zeros(3, 5, 8)).shape
    torch.Size([3, 5, 8])
    """

    def __init__(self, width: int, heads: int, *, memory_width: int | None = None, dropout: float = 0.0) -> None:
        super().__init__()
        _check(width, heads, dropout)
        self.heads, self.dropout, self.memory_width = heads, dropout, memory_width
        if memory_width is None:
            self.qkv = nn.Linear(width, 3 * width)  # one product instead of three
        else:
            self.q, self.kv = nn.Linear(width, width), nn.Linear(memory_width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(
        self,
        x: Tensor,
        memory: Tensor | None = None,
        *,
        real: Tensor | None = None,
        causal: bool = False,
        rotation: Rotation | None = None,
        cache: AttentionCache | None = None,
        weights: bool = False,
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Where a query has no key to attend to, nothing is mixed in: its result is the bias of the last layer.

        Args:
            real: (B, S) bool, True where there is a key; with ``cache`` for all keys so far. None: everywhere.
            causal: a query attends to keys up to its own place only; the last query stands at the last key.
            rotation: turns queries and keys by their places (self-attention only).
            cache: keys and values of earlier calls, which are attended to as well; this call's are added.
            weights: also return the attention weights of this pass, before dropout, which takes longer.
        """
        q, k, v = self._project(x, memory, rotation, cache)
        dropout = self.dropout if self.training else 0.0
        if weights:
            mixed, attended = _explicit(q, k, v, _visible(real, q, k, causal=causal), dropout)
            return self._join(mixed), attended
        return self._join(_fused(q, k, v, real, causal=causal, dropout=dropout))

    def _project(
        self, x: Tensor, memory: Tensor | None, rotation: Rotation | None, cache: AttentionCache | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        if self.memory_width is None:
            q, k, v = self._split(self.qkv(x), 3)
            if rotation is not None:
                q, k = rotate(q, rotation), rotate(k, rotation)
            return (q, *cache.extended(k, v)) if cache is not None else (q, k, v)
        (q,) = self._split(self.q(x), 1)
        if cache is not None and cache.is_filled:  # the memory is the same at every step
            return (q, *cache.content())
        if memory is None:
            raise ShapeError(
                "cross-attention needs a memory (B, S, memory_width); got none. Pass the encoder's output."
            )
        k, v = self._split(self.kv(memory), 2)
        return (q, *cache.extended(k, v)) if cache is not None else (q, k, v)

    def _split(self, joined: Tensor, parts: int) -> tuple[Tensor, ...]:
        """(B, L, parts * D) -> ``parts`` times (B, H, L, D / H)."""
        B, L, width = joined.shape
        return joined.view(B, L, parts, self.heads, width // (parts * self.heads)).permute(2, 0, 3, 1, 4).unbind(0)

    def _join(self, mixed: Tensor) -> Tensor:
        """(B, H, L, D / H) -> (B, L, D)."""
        out: Tensor = self.out(mixed.transpose(1, 2).flatten(2))
        return out


def _visible(real: Tensor | None, q: Tensor, k: Tensor, *, causal: bool) -> Tensor | None:
    """A bool mask that broadcasts to (B, H, L, S); None where nothing is hidden."""
    L, S = q.shape[2], k.shape[2]
    given = None if real is None else real[:, None, None, :]
    if not causal or L == 1:  # one query at the end sees everything
        return given
    triangle = torch.ones(L, S, dtype=torch.bool, device=q.device).tril(S - L)
    return triangle if given is None else triangle & given


def _fused(q: Tensor, k: Tensor, v: Tensor, real: Tensor | None, *, causal: bool, dropout: float) -> Tensor:
    """(B, H, L, D / H) mixed values, without holding the weights in memory where the machine can avoid it."""
    if causal and real is None and q.shape[2] == k.shape[2]:
        return F.scaled_dot_product_attention(q, k, v, dropout_p=dropout, is_causal=True)
    visible = _visible(real, q, k, causal=causal)
    if visible is None:
        return F.scaled_dot_product_attention(q, k, v, dropout_p=dropout)
    # A softmax over nothing is NaN with some kernels: such a row attends to everything, and the result is put to zero.
    is_blind = ~visible.any(dim=-1, keepdim=True)
    mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=visible | is_blind, dropout_p=dropout)
    return mixed.masked_fill(is_blind, 0.0)


def _explicit(q: Tensor, k: Tensor, v: Tensor, visible: Tensor | None, dropout: float) -> tuple[Tensor, Tensor]:
    """(B, H, L, D / H) mixed values and (B, H, L, S) weights, by the textbook."""
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    if visible is None:
        weights = scores.softmax(dim=-1)
    else:
        is_blind = ~visible.any(dim=-1, keepdim=True)
        scores = scores.masked_fill(~(visible | is_blind), float("-inf"))
        weights = scores.softmax(dim=-1).masked_fill(is_blind, 0.0)
    return F.dropout(weights, dropout) @ v, weights


def _check(width: int, heads: int, dropout: float) -> None:
    faults = []
    if heads < 1:
        faults.append(f"heads must be at least 1; got {heads!r}")
    elif width < 1 or width % heads:
        faults.append(f"width must be positive and divisible by heads ({heads!r}); got {width!r}")
    if not 0.0 <= dropout < 1.0:
        faults.append(f"dropout must be in [0, 1); got {dropout!r}")
    if faults:
        raise ConfigError(f"MultiHeadAttention: {'; '.join(faults)}.")
