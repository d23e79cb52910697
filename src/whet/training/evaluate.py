"""Scores of a network over many examples: batched, in evaluation mode, in float32 whatever the training ran in.

The scores of an example depend on that example alone: nothing is drawn, and no statistic of the batch is used.
Members that a network holds side by side, and the views of test-time augmentation, are averaged as scores.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from whet.augment.augmentation import Augmentation
from whet.data.inputs import Batch, Inputs
from whet.models.architecture import Architecture
from whet.tasks.target import Target
from whet.training.feed import placed
from whet.training.objective import member_losses
from whet.training.out_of_memory import in_smaller_parts

__all__ = ["network_losses", "network_scores", "views_of"]

MOST_TOKENS = 8_192  # of a batch of texts, padding included
BATCH = 512  # examples at a time: large enough to keep one core busy, small enough for pictures in memory


def network_scores(
    model: Architecture,
    inputs: Inputs,
    target: Target,
    *,
    device: torch.device,
    augmentations: Sequence[Augmentation] = (),
    batch_size: int = BATCH,
) -> np.ndarray:
    """(N, K) float64 scores; with ``augmentations`` their mean over the views."""
    found = np.empty((len(inputs), target.num_outputs))

    def score(index: np.ndarray) -> None:
        views = views_of(inputs.batch(index), augmentations)
        scores = [_scores(target, model(placed(view, device, channels_last=True))) for view in views]
        found[index] = torch.stack(scores).mean(dim=0).cpu().numpy()

    with _judging(model):
        for index in _index(inputs, batch_size):
            in_smaller_parts(score, index)
    return found


def network_losses(
    model: Architecture, inputs: Inputs, targets: Tensor, target: Target, *, device: torch.device
) -> tuple[np.ndarray, np.ndarray]:
    """(N,) losses and (N, K) scores in one pass; ``targets`` are the encoded ones, on the CPU."""
    losses, scores = np.empty(len(inputs)), np.empty((len(inputs), target.num_outputs))

    def look(index: np.ndarray) -> None:
        outputs = model(placed(inputs.batch(index), device, channels_last=True))
        known = targets[torch.from_numpy(index)].to(device)
        losses[index] = member_losses(target, outputs, known).cpu().numpy()
        scores[index] = _scores(target, outputs).cpu().numpy()

    with _judging(model):
        for index in _index(inputs, BATCH):
            in_smaller_parts(look, index)
    return losses, scores


def views_of(batch: Batch, augmentations: Sequence[Augmentation]) -> list[Batch]:
    """Every combination of the augmentations' views, the batch itself first."""
    views = [batch]
    for augmentation in augmentations:
        views = [seen for view in views for seen in augmentation.views(view)]
    return views


def _scores(target: Target, outputs: Tensor) -> Tensor:
    """(B, K) or (B, M, K) outputs -> (B, K) float64."""
    if outputs.ndim == 2:
        return target.scores(outputs)
    batch, members, width = outputs.shape
    return target.scores(outputs.reshape(-1, width)).view(batch, members, width).mean(dim=1)


def _index(inputs: Inputs, batch_size: int) -> Iterator[np.ndarray]:
    """Positions batch by batch; texts of like length together, the longest first, so that little is padding."""
    lengths = inputs.lengths()
    order = np.arange(len(inputs)) if lengths is None else np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        longest = 1 if lengths is None else max(1, int(lengths[order[start]]))
        size = batch_size if lengths is None else int(np.clip(MOST_TOKENS // longest, 1, batch_size))
        yield np.sort(order[start : start + size])
        start += size


@contextmanager
def _judging(model: Architecture) -> Iterator[None]:
    """Evaluation mode without gradients; afterwards the model trains on if it did before."""
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        model.train(was_training)
