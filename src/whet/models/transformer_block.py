"""The two blocks that transformers are stacked from: of an encoder, and of a decoder that also reads a memory.

"pre"   the norm stands before each branch: trains without warmup and at higher rates.
"post"  the norm stands after each addition, as in the original: needs warmup, beyond some six blocks most of all.
Source: Vaswani et al., NeurIPS 2017; Xiong et al., "On Layer Normalization in the Transformer Architecture", ICML 2020;
dropping whole branches after Huang et al., "Deep Networks with Stochastic Depth", ECCV 2016.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from whet.errors import ConfigError
from whet.models.attention import MultiHeadAttention
from whet.models.attention_cache import AttentionCache
from whet.models.feed_forward import FeedForward
from whet.models.positions import Rotation

__all__ = ["NORMS", "BlockSettings", "DecoderBlock", "EncoderBlock"]

NORMS = ("pre", "post")


@dataclass(frozen=True, kw_only=True)
class BlockSettings:
    """What all blocks of a stack share."""

    width: int  # D, divisible by heads
    heads: int
    hidden: int  # units inside the feed-forward network
    norm: str = "pre"  # "pre" or "post"
    activation: str = "gelu"  # "gelu", "relu" or "reglu"
    dropout: float = 0.0  # of a unit of what a branch adds, in [0, 1)
    hidden_dropout: float = 0.0  # of a unit inside the feed-forward network
    attention_dropout: float = 0.0  # of an attention weight
    stochastic_depth: float = 0.0  # of a whole branch, per example

    def __post_init__(self) -> None:
        faults = [] if self.norm in NORMS else [f"norm must be 'pre' or 'post'; got {self.norm!r}"]
        for name in ("dropout", "hidden_dropout", "attention_dropout", "stochastic_depth"):
            value = getattr(self, name)
            if not 0.0 <= value < 1.0:
                faults.append(f"{name} must be in [0, 1); got {value!r}")
        if faults:
            raise ConfigError(f"transformer block: {'; '.join(faults)}.")


class EncoderBlock(nn.Module):
    """Self-attention, then a feed-forward network, both residual: (B, L, D) -> (B, L, D).

    ``real`` (B, L) bool is True where there is something to attend to. ``has_first_norm`` False leaves out the norm
    before the attention ("pre" only).
    """

    def __init__(self, settings: BlockSettings, *, has_first_norm: bool = True) -> None:
        super().__init__()
        self.is_pre = settings.norm == "pre"
        self.attention = MultiHeadAttention(settings.width, settings.heads, dropout=settings.attention_dropout)
        self.feed_forward = _feed_forward(settings)
        self.norm1 = nn.LayerNorm(settings.width) if has_first_norm else nn.Identity()
        self.norm2 = nn.LayerNorm(settings.width)
        self.drop = _BranchDropout(settings)

    def forward(
        self,
        h: Tensor,
        *,
        real: Tensor | None = None,
        rotation: Rotation | None = None,
        maps: list[Tensor] | None = None,
    ) -> Tensor:
        """(B, L, D); with ``maps`` the (B, H, L, L) attention weights are appended to it."""
        if self.is_pre:
            h = h + self.drop(_attend(self.attention, self.norm1(h), maps, real=real, rotation=rotation))
            h = h + self.drop(self.feed_forward(self.norm2(h)))
            return h
        h = self.norm1(h + self.drop(_attend(self.attention, h, maps, real=real, rotation=rotation)))
        out: Tensor = self.norm2(h + self.drop(self.feed_forward(h)))
        return out


class DecoderBlock(nn.Module):
    """Causal self-attention, attention to a memory, then a feed-forward network, all residual.

    Shapes (B = batch, T = target positions, S = memory positions, D = width):
        h: (B, T, D), memory: (B, S, ``memory_width``), both ``real`` masks bool -> (B, T, D).
    """

    def __init__(self, settings: BlockSettings, *, memory_width: int | None = None) -> None:
        super().__init__()
        self.is_pre = settings.norm == "pre"
        width, heads, dropout = settings.width, settings.heads, settings.attention_dropout
        self.attention = MultiHeadAttention(width, heads, dropout=dropout)
        self.cross = MultiHeadAttention(width, heads, memory_width=memory_width or width, dropout=dropout)
        self.feed_forward = _feed_forward(settings)
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(width) for _ in range(3))
        self.drop = _BranchDropout(settings)

    def forward(
        self,
        h: Tensor,
        memory: Tensor,
        *,
        real: Tensor | None = None,
        memory_real: Tensor | None = None,
        rotation: Rotation | None = None,
        caches: tuple[AttentionCache, AttentionCache] | None = None,
        maps: list[Tensor] | None = None,
    ) -> Tensor:
        """(B, T, D); with ``maps`` the (B, H, T, S) weights on the memory are appended to it."""
        past, read = caches or (None, None)

        def look_back(x: Tensor) -> Tensor:
            seen: Tensor = self.drop(self.attention(x, real=real, causal=True, rotation=rotation, cache=past))
            return seen

        def look_up(x: Tensor) -> Tensor:
            seen: Tensor = self.drop(_attend(self.cross, x, maps, memory=memory, real=memory_real, cache=read))
            return seen

        if self.is_pre:
            h = h + look_back(self.norm1(h))
            h = h + look_up(self.norm2(h))
            h = h + self.drop(self.feed_forward(self.norm3(h)))
            return h
        h = self.norm1(h + look_back(h))
        h = self.norm2(h + look_up(h))
        out: Tensor = self.norm3(h + self.drop(self.feed_forward(h)))
        return out


class _BranchDropout(nn.Module):
    """Units of a branch (B, L, D), and for some examples the whole branch, zeroed while training."""

    def __init__(self, settings: BlockSettings) -> None:
        super().__init__()
        self.units, self.stochastic_depth = nn.Dropout(settings.dropout), settings.stochastic_depth

    def forward(self, branch: Tensor) -> Tensor:
        dropped: Tensor = self.units(branch)
        if not self.training or self.stochastic_depth == 0.0:
            return dropped
        kept = 1.0 - self.stochastic_depth
        return dropped * (torch.rand(len(branch), 1, 1, device=branch.device) < kept).to(branch.dtype) / kept


def _feed_forward(settings: BlockSettings) -> FeedForward:
    return FeedForward(settings.width, settings.hidden, activation=settings.activation, dropout=settings.hidden_dropout)


def _attend(attention: MultiHeadAttention, x: Tensor, maps: list[Tensor] | None, **given: object) -> Tensor:
    if maps is None:
        mixed: Tensor = attention(x, **given)
        return mixed
    mixed, weights = attention(x, weights=True, **given)
    maps.append(weights)
    return mixed
