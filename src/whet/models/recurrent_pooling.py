"""One vector from the outputs of a recurrent network: its last state, the mean, or a mean with learnt weights.

Helps: "attention" finds the few steps that decide, and its weights say which; "mean" for answers spread out over the
sequence; "last" where the end decides, and for streams. Hurts: weights of attention read as causes; they say where the
network looked, not what would change its answer (Jain & Wallace, NAACL 2019).
Source: additive attention, Bahdanau et al., ICLR 2015. Differs: one learnt query instead of a decoder's state, as in
Yang et al., "Hierarchical Attention Networks for Document Classification", NAACL 2016.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from whet.models.masked_pooling import mean_and_max
from whet.models.recurrent import Run

__all__ = ["POOLINGS", "Pooled", "SequencePooling"]

POOLINGS = ("last", "mean", "attention")


class Pooled(NamedTuple):
    """One vector per sequence."""

    features: Tensor  # (B, D); zeros for an empty sequence
    weights: Tensor | None  # (B, L), 0 or more, summing to 1 over real steps; None unless pooled by attention


class SequencePooling(nn.Module):
    """(B, L, D) outputs and (B, L) bool, True where a step is real -> (B, D).

    Args:
        num_features: D.
        pooling: one of "last", "mean", "attention".
    """

    def __init__(self, num_features: int, pooling: str) -> None:
        super().__init__()
        self.pooling = pooling
        if pooling == "attention":
            self.mix = nn.Linear(num_features, num_features)
            self.query = nn.Linear(num_features, 1, bias=False)  # a bias would cancel in the softmax

    def forward(self, run: Run, real: Tensor) -> Pooled:
        """``real`` agrees with the lengths that ``run`` was made with."""
        if self.pooling == "last":
            return Pooled(run.final, None)
        if self.pooling == "mean":
            return Pooled(mean_and_max(run.outputs, real)[:, : run.outputs.shape[2]], None)
        weights = self._weights(run.outputs, real)
        return Pooled((weights.unsqueeze(-1) * run.outputs).sum(dim=1), weights)

    def _weights(self, outputs: Tensor, real: Tensor) -> Tensor:
        scores = self.query(torch.tanh(self.mix(outputs))).squeeze(-1).float()  # (B, L)
        # The least finite score instead of -inf: over an empty sequence the softmax stays finite.
        lowest = torch.finfo(scores.dtype).min
        return torch.softmax(scores.masked_fill(~real, lowest), dim=1) * real
