"""Low-rank additions: the matrices of a pretrained body stay, and a product of two thin ones is trained beside each.

Helps: memory and checkpoints of large bodies; few labels, where fewer numbers that move overfit less. Hurts: a body far
from the task, whose matrices have to change more than a low rank can say; on a CPU it saves little time.
Source: Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", ICLR 2022. Differs: every linear layer of the
body has one (Dettmers et al., 2023, find that this matters more than the rank); merged when the training is over, so
that a saved model is an ordinary one.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from whet.errors import ConfigError
from whet.models.architecture import Architecture

__all__ = ["LowRank", "add_low_rank", "merge_low_rank"]

SCALE = 2.0  # alpha / rank, as the authors' alpha of twice the rank


class LowRank(nn.Module):
    """``linear(x) + SCALE * x A^T B^T`` with A (rank, in) random and B (out, rank) zero at first."""

    def __init__(self, linear: nn.Linear, rank: int) -> None:
        super().__init__()
        self.linear = linear
        self.down = nn.Parameter(torch.empty(rank, linear.in_features))
        self.up = nn.Parameter(torch.zeros(linear.out_features, rank))
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))
        for parameter in linear.parameters():
            parameter.requires_grad_(False)
            parameter.is_held = True  # type: ignore[attr-defined]

    def forward(self, x: Tensor) -> Tensor:
        """(..., in) -> (..., out)."""
        added: Tensor = self.linear(x) + SCALE * (x @ self.down.T) @ self.up.T
        return added

    @torch.no_grad()
    def merged(self) -> nn.Linear:
        """The same as one linear layer."""
        self.linear.weight += SCALE * self.up @ self.down
        for parameter in self.linear.parameters():
            parameter.__dict__.pop("is_held", None)
        return self.linear


def add_low_rank(model: Architecture, rank: int) -> None:
    """Wrap every linear layer of the body; everything else in the body is held, the head moves as before.

    Raises:
        ConfigError: the body has no linear layer to wrap.
    """
    head = {id(m) for m in model.head.modules()}
    places = [
        (parent, name, child)
        for parent in model.modules()
        if id(parent) not in head
        for name, child in parent.named_children()
        if isinstance(child, nn.Linear) and id(child) not in head
    ]
    if not places:
        raise ConfigError("Transfer.lora_rank needs a body with linear layers; this one has none. Set it to 0.")
    heads = {id(p) for p in model.head.parameters()}
    for parameter in model.parameters():
        if id(parameter) not in heads:
            parameter.requires_grad_(False)
            parameter.is_held = True  # type: ignore[attr-defined]
    for parent, name, child in places:
        setattr(parent, name, LowRank(child, rank))


def merge_low_rank(model: nn.Module) -> None:
    """Undo the wrapping, keeping what was learnt."""
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, LowRank):
                setattr(parent, name, child.merged())
