"""How strongly a model speaks for one answer: log-odds of a class, or the predicted number itself.

Log-odds rather than probabilities: where a model is sure, probabilities hardly move whatever is taken away.
Source: Robnik-Sikonja and Kononenko, "Explaining Classifications for Individual Instances", TKDE 2008 (log-odds).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from whet.tasks.target import Target

__all__ = ["evidence_of_outputs", "evidence_of_scores"]

LEAST = 1e-12  # probabilities that are exactly 0 count as this


def evidence_of_scores(scores: np.ndarray, answer: int | None) -> np.ndarray:
    """(N, K) probabilities -> (N,) log(p / (1 - p)) of the class ``answer``; (N, 1) values -> (N,).

    >>> evidence_of_scores(np.array([[0.5, 0.5], [0.9, 0.1]]), 0).round(4).tolist()
    [0.0, 2.1972]
    """
    if answer is None:
        return np.asarray(scores[:, 0], dtype=np.float64)
    others = np.delete(scores, answer, axis=1).sum(axis=1)
    return np.asarray(np.log(np.maximum(scores[:, answer], LEAST)) - np.log(np.maximum(others, LEAST)))


def evidence_of_outputs(target: Target, outputs: Tensor, answer: int | None) -> Tensor:
    """The same from a network's (B, K) or (B, M, K) outputs, M members averaged as scores: (B,) float64.

    From logits, not from probabilities, so that gradients survive where a class is certain.
    """
    members = outputs.unsqueeze(1) if outputs.ndim == 2 else outputs  # (B, M, K)
    if answer is None:
        batch, count, width = members.shape
        return target.scores(members.reshape(-1, width)).view(batch, count).mean(dim=1)
    logs = torch.log_softmax(members.double(), dim=-1)
    others = torch.cat([logs[..., :answer], logs[..., answer + 1 :]], dim=-1)
    return torch.logsumexp(logs[..., answer], dim=1) - torch.logsumexp(others.flatten(1), dim=1)
