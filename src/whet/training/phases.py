"""The phases of adapting a pretrained body: contrastive, head alone, then layers set free from the top.

Helps: few labels, where a fresh head's first gradients would spoil what the body knows. Hurts: plenty of labels, where
waiting costs steps.
Source: gradual unfreezing after Howard & Ruder, "Universal Language Model Fine-tuning for Text Classification", ACL
2018; head first after Kumar et al., "Fine-Tuning can Distort Pretrained Features", ICLR 2022. Differs: groups are set
free by the fraction of the training that is done, not by epochs, so that a training which ends by the clock has them.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from whet.models.architecture import Architecture
from whet.recipe import Transfer
from whet.training.objective import Objective

__all__ = ["Phases", "free_from"]

NEVER = float("inf")


def free_from(transfer: Transfer, num_groups: int) -> list[float]:
    """By group of layers, input first, head last: the fraction of the training from which it moves.

    >>> free_from(Transfer(head_first=0.2, gradual=0.4, frozen_groups=1), 4)
    [inf, 0.6, 0.4, 0.0]
    """
    body = num_groups - 1
    begin = transfer.contrastive + transfer.head_first
    moments = []
    for group in range(body):
        below_top = body - 1 - group
        free = max(1, body - transfer.frozen_groups)
        moment = begin + (transfer.gradual * (below_top + 1) / free if transfer.gradual else 0.0)
        moments.append(NEVER if group < transfer.frozen_groups else round(moment, 6))
    return [*moments, transfer.contrastive]


@dataclass(frozen=True)
class Phases:
    """What moves, and towards what, at each moment of the training."""

    model: Architecture
    transfer: Transfer
    supervised: Objective
    contrastive: Objective

    def objective(self, progress: float) -> Objective:
        """What is minimised when the fraction ``progress`` of the training is done."""
        return self.contrastive if progress < self.transfer.contrastive else self.supervised

    def enter(self, progress: float) -> None:
        """Set free or hold each group of layers; held batch norms keep their statistics."""
        groups = self.model.layer_groups()
        is_contrastive = progress < self.transfer.contrastive
        for number, (group, moment) in enumerate(zip(groups, free_from(self.transfer, len(groups)), strict=True)):
            is_head = number == len(groups) - 1
            moves = (not is_head and number >= self.transfer.frozen_groups) if is_contrastive else progress >= moment
            for parameter in group:
                if getattr(parameter, "is_held", False):
                    continue  # the matrices beside which low-rank additions move
                parameter.requires_grad_(moves)
        for module in self.model.modules():
            if isinstance(module, _BatchNorm):
                _hold_statistics(module)


def _hold_statistics(norm: nn.Module) -> None:
    parameters = list(norm.parameters(recurse=False))
    if parameters:
        norm.train(any(p.requires_grad for p in parameters))
