"""Batch-norm statistics of examples as they are, after a training that saw changed ones.

Helps: frozen features of a body whose training showed it turned or recoloured pictures. Hurts: it costs some seconds,
and nothing else; networks without batch norm are left alone.
Source: Wu & Johnson, "Rethinking 'Batch' in BatchNorm", arXiv 2105.07576, section 3 (PreciseBN).
"""

from __future__ import annotations

import numpy as np
import torch
from torch.nn.modules.batchnorm import _BatchNorm

from whet.data.inputs import Inputs
from whet.models.architecture import Architecture
from whet.rng import make_numpy_generator
from whet.training.feed import placed

__all__ = ["num_settling", "settle_statistics"]

MOST = 2_048  # examples that are looked at


def num_settling(body: Architecture, inputs: Inputs) -> int:
    """How many examples ``settle_statistics`` will look at."""
    return min(MOST, len(inputs)) if _norms(body) else 0


def settle_statistics(body: Architecture, inputs: Inputs, *, batch_size: int, seed: int, device: torch.device) -> None:
    """Means and variances over at most 2,048 of the examples; weights stay as they are."""
    norms = _norms(body)
    rows = make_numpy_generator(seed, "pretraining statistics").permutation(len(inputs))[:MOST]
    if not norms or len(rows) < 2:
        return
    body.eval()
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain average over batches
        norm.train()
    with torch.no_grad():
        for index in np.array_split(rows, max(1, len(rows) // max(2, batch_size))):
            body.forward_features(placed(inputs.batch(np.sort(index)), device, channels_last=True))
    for norm, momentum in zip(norms, momenta):
        norm.momentum = momentum
        norm.eval()


def _norms(body: Architecture) -> list[_BatchNorm]:
    return [m for m in body.modules() if isinstance(m, _BatchNorm) and m.track_running_stats]
