"""Stacks of transformer blocks: an encoder that reads a sequence, a decoder that continues one with a memory in view.

Helps: order and far-reaching dependencies, from some ten thousand examples on, or with a pretrained start.
Hurts: few examples without pretraining, where networks that assume more learn more from each; long sequences on a CPU.
Source: Vaswani et al., NeurIPS 2017. Differs: pre-norm by default (Xiong et al., ICML 2020), with a last norm.
"""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor, nn

from whet.errors import ConfigError
from whet.models.attention_cache import DecoderCache
from whet.models.positions import Rotation
from whet.models.transformer_block import BlockSettings, DecoderBlock, EncoderBlock

__all__ = ["TransformerDecoder", "TransformerEncoder"]


class TransformerEncoder(nn.Module):
    """``depth`` encoder blocks: (B, L, D) embeddings with positions -> (B, L, D) states, normed.

    Args:
        depth: blocks, at least 1.
        settings: of every block; ``stochastic_depth`` is that of the last, rising evenly from 0 at the first.
        has_first_norm: whether the first block norms what its attention reads ("pre" only).
    """

    def __init__(self, depth: int, settings: BlockSettings, *, has_first_norm: bool = True) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            EncoderBlock(_deepened(settings, i, depth), has_first_norm=has_first_norm or i > 0)
            for i in range(_checked(depth))
        )
        self.norm = _last_norm(settings)

    def forward(
        self,
        h: Tensor,
        *,
        real: Tensor | None = None,
        rotation: Rotation | None = None,
        maps: list[Tensor] | None = None,
    ) -> Tensor:
        """States; ``real`` (B, L) bool, True where there is a position; ``maps`` collects (B, H, L, L) per block."""
        for block in self.blocks:
            h = block(h, real=real, rotation=rotation, maps=maps)
        states: Tensor = self.norm(h)
        return states

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """The parameters of each block, the last norm with the last block."""
        groups = [list(block.parameters()) for block in self.blocks]
        groups[-1] += self.norm.parameters()
        return groups


class TransformerDecoder(nn.Module):
    """``depth`` decoder blocks: (B, T, D) embeddings and a memory (B, S, ``memory_width``) -> (B, T, D) states.

    A state depends on its own and earlier positions and on the memory, never on later positions.
    """

    def __init__(self, depth: int, settings: BlockSettings, *, memory_width: int | None = None) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            DecoderBlock(_deepened(settings, i, depth), memory_width=memory_width) for i in range(_checked(depth))
        )
        self.norm = _last_norm(settings)

    def new_cache(self) -> DecoderCache:
        """Empty, for one sequence of steps."""
        return DecoderCache(len(self.blocks))

    def forward(
        self,
        h: Tensor,
        memory: Tensor,
        *,
        real: Tensor | None = None,
        memory_real: Tensor | None = None,
        rotation: Rotation | None = None,
        cache: DecoderCache | None = None,
        maps: list[Tensor] | None = None,
    ) -> Tensor:
        """States of the positions in ``h``, which come after those in ``cache``; the memory is read in the first call.

        Args:
            real: (B, T) bool, with ``cache`` for all positions so far; ``memory_real``: (B, S) bool.
            maps: collects the (B, H, T, S) weights on the memory per block.
        """
        caches = cache.blocks if cache is not None else [None] * len(self.blocks)
        for block, kept in zip(self.blocks, caches, strict=True):
            h = block(h, memory, real=real, memory_real=memory_real, rotation=rotation, caches=kept, maps=maps)
        states: Tensor = self.norm(h)
        return states


def _last_norm(settings: BlockSettings) -> nn.Module:
    """Post-norm blocks end in a norm already."""
    return nn.LayerNorm(settings.width) if settings.norm == "pre" else nn.Identity()


def _deepened(settings: BlockSettings, index: int, depth: int) -> BlockSettings:
    return replace(settings, stochastic_depth=settings.stochastic_depth * index / max(1, depth - 1))


def _checked(depth: int) -> int:
    if depth < 1:
        raise ConfigError(f"depth must be at least 1 block; got {depth!r}.")
    return depth
