"""Supervised contrastive learning of the body: features of one class are pulled together, others pushed away.

Helps: fewer than about 50 labels a class, where every pair of examples is a lesson. Hurts: many labels, where
cross-entropy says the same more cheaply.
Source: Khosla et al., "Supervised Contrastive Learning", NeurIPS 2020 (loss L_out); as a first phase before a linear
head after Tunstall et al., "Efficient Few-Shot Learning Without Prompts" (SetFit), 2022. Differs: all pairs of a batch
at once instead of sampled pairs; no projection head, because the body is already trained.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from whet.data.inputs import Batch
from whet.models.architecture import Architecture

__all__ = ["Contrastive", "contrastive_loss"]


@dataclass(frozen=True, kw_only=True)
class Contrastive:
    """See ``Objective``; targets are class codes."""

    temperature: float = 0.1  # smaller: only the nearest pairs count

    def __call__(self, model: nn.Module, batch: Batch, targets: Tensor, *, generator: torch.Generator) -> Tensor:
        """The loss of one batch of at least two examples."""
        assert isinstance(model, Architecture)
        features = model.forward_features(batch).flatten(1).float()
        return contrastive_loss(features, targets, temperature=self.temperature)


def contrastive_loss(features: Tensor, codes: Tensor, *, temperature: float) -> Tensor:
    """(B, D) features and (B,) class codes -> the mean over the examples that have a partner in the batch.

    >>> features = torch.tensor([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.1, 1.0]])
    >>> alike, apart = torch.tensor([0, 0, 1, 1]), torch.tensor([0, 1, 0, 1])
    >>> [round(contrastive_loss(features, codes, temperature=0.1).item(), 1) for codes in (alike, apart)]
    [0.0, 9.0]
    """
    unit = F.normalize(features, dim=1)
    itself = torch.eye(len(unit), dtype=torch.bool, device=unit.device)
    likeness = (unit @ unit.T / temperature).masked_fill(itself, -1e9)  # (B, B)
    partners = (codes[:, None] == codes[None, :]) & ~itself
    log_probs = likeness - likeness.logsumexp(dim=1, keepdim=True)
    num_partners = partners.sum(dim=1)
    each = -(log_probs * partners).sum(dim=1) / num_partners.clamp(min=1)
    # A batch without any pair teaches nothing, but its gradient must exist.
    return (each * (num_partners > 0)).sum() / (num_partners > 0).sum().clamp(min=1)
