"""What a body answered to the questions of one batch, and what all held-out batches say about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

__all__ = ["Answers", "Measured", "measured"]


@dataclass(frozen=True, kw_only=True)
class Answers:
    """``n`` questions: n hidden words, pictures, patches ...; their mean loss is minimised."""

    losses: Tensor  # (n,) float32
    truth: Tensor  # (n,) int64 codes of the right answers, or (n, S) float values
    right: Tensor | None = None  # (n,) bool; None where the answer is a value

    def mean_loss(self) -> Tensor:
        """Scalar; zero with a gradient of zero where nothing was asked."""
        return self.losses.sum() / max(1, len(self.losses))


@dataclass(frozen=True, kw_only=True)
class Measured:
    """``score`` in [.., 1], bigger is better: the share of right answers, or of the variance explained."""

    score: float
    standard_error: float  # of ``score`` over questions
    constant: float  # score of the best answer that is always the same
    loss: float
    num_questions: int

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)

    def is_above(self, before: Measured) -> bool:
        """More than two standard errors better than ``before`` and than a constant answer."""
        return self.score - 2 * self.standard_error > max(before.score, self.constant)


def measured(batches: Sequence[Answers]) -> Measured:
    """All answers together.

    >>> right, codes = torch.tensor([True, True, True, False]), torch.tensor([0, 1, 2, 0])
    >>> found = measured([Answers(losses=torch.zeros(4), truth=codes, right=right)])
    >>> found.score, found.constant
    (0.75, 0.5)
    """
    losses = torch.cat([b.losses.detach().double().cpu() for b in batches])
    truth = torch.cat([b.truth.cpu() for b in batches])
    count = len(losses)
    if count == 0:
        return Measured(score=0.0, standard_error=1.0, constant=0.0, loss=0.0, num_questions=0)
    if batches[0].right is None:
        constant, each = 0.0, _explained(losses, truth.double().reshape(count, -1))
    else:
        constant = float(torch.unique(truth, return_counts=True)[1].max()) / count
        each = torch.cat([b.right.double().cpu() for b in batches if b.right is not None])
    error = float(each.std(unbiased=False)) / count**0.5
    return Measured(
        score=float(each.mean()),
        standard_error=max(error, 1.0 / count),
        constant=constant,
        loss=float(losses.mean()),
        num_questions=count,
    )


def _explained(losses: Tensor, truth: Tensor) -> Tensor:
    """(n,) values whose mean is 1 - mean squared error / variance: 0 for always answering the mean."""
    variance = (truth - truth.mean(dim=0)).square().mean()
    return 1 - losses / variance.clamp_min(1e-12)
