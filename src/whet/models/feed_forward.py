"""The network that a transformer block applies to every position on its own: expand, bend, reduce.

Source: Vaswani et al., NeurIPS 2017 (ReLU); GELU after Hendrycks & Gimpel, arXiv 1606.08415; "reglu" after Shazeer,
"GLU Variants Improve Transformer", arXiv 2002.05202: one half of the units, through a ReLU, gates the other.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from whet.errors import ConfigError, did_you_mean

__all__ = ["ACTIVATIONS", "FeedForward"]

ACTIVATIONS = ("gelu", "relu", "reglu")


class FeedForward(nn.Module):
    """(B, L, D) -> (B, L, D) through ``hidden`` units, twice as many weights into them with "reglu"."""

    def __init__(self, width: int, hidden: int, *, activation: str = "gelu", dropout: float = 0.0) -> None:
        super().__init__()
        if activation not in ACTIVATIONS:
            raise ConfigError(f"activation {activation!r} is not known. {did_you_mean(activation, ACTIVATIONS)}")
        if hidden < 1:
            raise ConfigError(f"hidden must be at least 1 unit; got {hidden!r}.")
        self.activation = activation
        self.expand = nn.Linear(width, 2 * hidden if activation == "reglu" else hidden)
        self.dropout = nn.Dropout(dropout)  # of the units between the two layers
        self.reduce = nn.Linear(hidden, width)

    def forward(self, h: Tensor) -> Tensor:
        """See the class."""
        out: Tensor = self.reduce(self.dropout(self._bend(self.expand(h))))
        return out

    def _bend(self, h: Tensor) -> Tensor:
        if self.activation == "reglu":
            values, gates = h.chunk(2, dim=-1)
            return values * F.relu(gates)
        return F.gelu(h) if self.activation == "gelu" else F.relu(h)
