"""How attention learns where a position stands: sinusoids, learned vectors, turned queries and keys, or not at all.

"sinusoidal"  fixed waves of many lengths, added. Any length; nothing to learn, so a good start with little data.
"learned"     a trained vector per place, added. Up to the longest place that training has seen.
"rotary"      queries and keys are turned by an angle per place, so that their product depends on the distance alone.
"none"        a bag: attention cannot tell orders apart.
Source: Vaswani et al., NeurIPS 2017; Su et al., "RoFormer", arXiv 2104.09864. Differs: sinusoids have a ``scale``, to
start at the size of the embeddings that they are added to, instead of enlarging those.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from whet.errors import ConfigError, ShapeError, did_you_mean

__all__ = ["POSITIONS", "Positions", "Rotation", "rotate", "rotation", "sinusoids", "sinusoids_2d"]

POSITIONS = ("learned", "sinusoidal", "rotary", "none")
_BASE = 10_000.0  # of both papers: the longest wave spans 2 pi times as many positions
_LEARNED_STD = 0.02  # small: words first, their places later


class Rotation(NamedTuple):
    """Cosines and sines of L places, each (L, D / H / 2)."""

    cos: Tensor
    sin: Tensor


def sinusoids(places: Tensor, width: int) -> Tensor:
    """(..., width): sines in the even entries, cosines in the odd ones, of the (...) ``places``.

    >>> sinusoids(torch.tensor([0.0, 1.0]), 4)
    tensor([[0.0000, 1.0000, 0.0000, 1.0000],
            [0.8415, 0.5403, 0.0100, 0.9999]])
    """
    angles = _angles(places, (width + 1) // 2)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(-2)[..., :width]


def sinusoids_2d(rows: int, columns: int, width: int, *, like: Tensor) -> Tensor:
    """(rows * columns, width) on the device of ``like``: one half tells the row, the other the column, row by row."""
    half = width // 2
    y = sinusoids(torch.arange(rows, device=like.device), half)[:, None].expand(-1, columns, -1)
    x = sinusoids(torch.arange(columns, device=like.device), width - half)[None].expand(rows, -1, -1)
    return torch.cat([y, x], dim=-1).flatten(0, 1).to(like.dtype)


def rotation(places: Tensor, head_width: int) -> Rotation:
    """The turning of (L,) ``places`` for heads of an even width."""
    angles = _angles(places, head_width // 2)
    return Rotation(angles.cos(), angles.sin())


def rotate(x: Tensor, by: Rotation) -> Tensor:
    """(B, H, L, D / H): neighbouring pairs of entries turned by the angles of their place; lengths stay."""
    even, odd = x[..., 0::2], x[..., 1::2]
    cos, sin = by.cos.to(x.dtype), by.sin.to(x.dtype)
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], dim=-1).flatten(-2)


class Positions(nn.Module):
    """One of ``POSITIONS`` for sequences of embeddings.

    Shapes (B = batch, L = length, D = ``width``): (B, L, D) -> (B, L, D), and a ``Rotation`` for "rotary".
    Args:
        kind: one of "learned", "sinusoidal", "rotary", "none".
        width: D, at least 1.
        longest: places that "learned" has vectors for, at least 1; the others know no limit.
        heads: of the attention; "rotary" needs an even number of entries per head.
        scale: factor of the sinusoids; their root mean square is 0.7 of it.
    """

    weight: nn.Parameter | None

    def __init__(self, kind: str, width: int, *, longest: int, heads: int = 1, scale: float = 1.0) -> None:
        super().__init__()
        if kind not in POSITIONS:
            raise ConfigError(f"positions {kind!r} are not known. {did_you_mean(kind, POSITIONS)}")
        if kind == "rotary" and (width // heads) % 2:
            raise ConfigError(
                f"rotary positions turn pairs, so the width per head must be even; got width {width!r} and heads "
                f"{heads!r}. Change one of them."
            )
        self.kind, self.scale, self._head_width = kind, scale, width // heads
        learned = nn.Parameter(torch.empty(longest, width).normal_(std=_LEARNED_STD)) if kind == "learned" else None
        self.register_parameter("weight", learned)

    def forward(self, h: Tensor, *, start: int = 0) -> Tensor:
        """What is added at each place is added to (B, L, D), whose first position stands at place ``start``."""
        stop = start + h.shape[1]
        if self.weight is not None:
            if stop > len(self.weight):
                raise ShapeError(f"there are learned positions for {len(self.weight)} places; got place {stop}.")
            return h + self.weight[start:stop]
        if self.kind == "sinusoidal":
            waves = sinusoids(torch.arange(start, stop, device=h.device), h.shape[2])
            return h + (self.scale * waves).to(h.dtype)
        return h

    def rotation(self, length: int, *, like: Tensor, start: int = 0) -> Rotation | None:
        """For places ``start`` on, on the device of ``like``; None unless "rotary"."""
        if self.kind != "rotary":
            return None
        return rotation(torch.arange(start, start + length, device=like.device), self._head_width)


def _angles(places: Tensor, num_waves: int) -> Tensor:
    """(..., num_waves) float32: half precision would not tell distant places apart."""
    exponents = torch.arange(num_waves, device=places.device, dtype=torch.float32) / max(1, num_waves)
    return places.float().unsqueeze(-1) * _BASE**-exponents
