"""Each number as a short vector, so that a network can bend at many places along a column.

"piecewise"  how far the number is through each of the column's quantile bins, times a matrix, plus a linear part.
"periodic"   sine and cosine at learnt frequencies, times a matrix, then ReLU. Helps: jagged answers, coordinates.
Helps: columns on which the answer depends unevenly. Hurts: speed, by the factor by which the input grows.
Source: Gorishniy et al., "On Embeddings for Numerical Features in Tabular Deep Learning", NeurIPS 2022; the linear
part starts alone and the bins at zero, as in version "B" of the authors' package ``rtdl_num_embeddings``.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

__all__ = ["PeriodicNumbers", "PiecewiseNumbers"]


class PiecewiseNumbers(nn.Module):
    """Piecewise-linear embeddings.

    Shapes (B = batch, F = numbers, D = ``dim``, Q = ``bins``): (B, F) -> (B, F, D).
    The edges start at the quantiles of a normal distribution; ``place_bins`` moves them to those of real examples.
    """

    edges: Tensor

    def __init__(self, num_numbers: int, *, dim: int, bins: int) -> None:
        super().__init__()
        ranks = torch.linspace(0.0, 1.0, bins + 1).clamp(0.002, 0.998)
        self.register_buffer("edges", torch.special.ndtri(ranks).repeat(num_numbers, 1))  # (F, Q + 1)
        self.linear = nn.Parameter(torch.empty(num_numbers, dim).uniform_(-1.0, 1.0))
        self.bias = nn.Parameter(torch.empty(num_numbers, dim).uniform_(-1.0, 1.0))
        self.bent = nn.Parameter(torch.zeros(num_numbers, bins, dim))

    @torch.no_grad()
    def place_bins(self, numbers: Tensor) -> None:
        """Edges at the quantiles of (N, F); equal edges make empty bins, which say nothing."""
        ranks = torch.linspace(0.0, 1.0, self.edges.shape[1], dtype=numbers.dtype)
        self.edges.copy_(torch.quantile(numbers, ranks, dim=0).T)

    def forward(self, numbers: Tensor) -> Tensor:
        """(B, F) -> (B, F, D)."""
        low, width = self.edges[:, :-1], self.edges.diff(dim=1)  # (F, Q)
        through = (numbers.unsqueeze(-1) - low) / width.clamp_min(1e-6)  # (B, F, Q)
        through = through.clamp(0.0, 1.0) * (width > 1e-6)
        bent = torch.einsum("bfq,fqd->bfd", through, self.bent)
        return bent + numbers.unsqueeze(-1) * self.linear + self.bias


class PeriodicNumbers(nn.Module):
    """Periodic embeddings ("PLR"), with one matrix for all columns.

    Shapes (B = batch, F = numbers, D = ``dim``, Q = ``waves``): (B, F) -> (B, F, D).
    """

    def __init__(self, num_numbers: int, *, dim: int, waves: int, scale: float = 0.1) -> None:
        super().__init__()
        # Truncated, so that no column starts out as noise.
        self.frequencies = nn.Parameter(
            nn.init.trunc_normal_(torch.empty(num_numbers, waves), std=scale, a=-3 * scale, b=3 * scale)
        )
        bound = (2 * waves + 1) ** -0.5
        self.weight = nn.Parameter(torch.empty(num_numbers, 2 * waves + 1, dim).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(num_numbers, dim).uniform_(-bound, bound))

    def forward(self, numbers: Tensor) -> Tensor:
        """(B, F) -> (B, F, D)."""
        phase = 2.0 * math.pi * numbers.unsqueeze(-1) * self.frequencies  # (B, F, Q)
        waves = torch.cat([phase.cos(), phase.sin(), numbers.unsqueeze(-1)], dim=-1)  # (B, F, 2 Q + 1)
        return torch.relu(torch.einsum("bfq,fqd->bfd", waves, self.weight) + self.bias)
