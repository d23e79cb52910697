"""Integrated gradients: the slope of the prediction, averaged on the way from an empty example to this one.

Helps: any network; the weights are signed and add up to what the example's parts change together (completeness).
Hurts: where the empty example means something: zero is the mean value of a number, the mean colour of the training
    pictures, and no word at all (a zero embedding).
Source: Sundararajan et al., "Axiomatic Attribution for Deep Networks", ICML 2017. Differs: stretches of the way whose
    weights do not add up to the change along them are halved (networks that normalise first decide nearly everything
    in the first thousandth of the way, which equal steps miss); log-odds instead of the probability.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from whet.bundle.model import Model
from whet.data.inputs import Batch
from whet.data.kinds import Modality
from whet.explaining.layout import spread
from whet.explaining.members import averaged, batch_of
from whet.explaining.method import Example, Weights, methods
from whet.explaining.way import DENSE, LOOKED_UP, Way
from whet.models.architecture import Architecture
from whet.tasks.target import Target
from whet.training.fitted_network import FittedNetwork

__all__ = ["Attributions", "IntegratedGradients", "integrated_gradients"]

FEWEST, MOST, CHUNK = 32, 1024, 32  # points on the way, and how many pass through the network at a time
TOLERANCE = 0.005  # by how much the weights may miss the change that they explain


@dataclass(frozen=True)
class Attributions:
    """Weights of one example: ``parts`` like its batch without the batch axis, ids having one weight each."""

    parts: dict[str, Tensor]
    change: float  # evidence of the example minus that of the empty one; the weights add up to it

    def total(self) -> float:
        """The sum of all weights."""
        return sum(float(part.sum()) for part in self.parts.values())


@methods.register("integrated_gradients")
class IntegratedGradients:
    """For networks that read words in order, pictures, series or tables; not for bags of n-grams."""

    title: ClassVar[str] = "integrated gradients"
    citation: ClassVar[str] = "Sundararajan et al., ICML 2017"
    unit: ClassVar[str] = "evidence"
    is_signed: ClassVar[bool] = True

    def weigh(self, model: Model, example: Example) -> Weights | None:
        """The mean over networks, each asked for its own evidence."""

        def ask(fitted: FittedNetwork) -> np.ndarray | None:
            if not set(fitted.model.parts) <= {*DENSE, *LOOKED_UP}:
                return None
            found = integrated_gradients(fitted.model, model.target, batch_of(fitted, example.alone), example.answer)
            return None if found is None else _laid_out(fitted, example, found.parts)

        return averaged(model, ask)


def integrated_gradients(
    network: Architecture, target: Target, batch: Batch, answer: int | None
) -> Attributions | None:
    """The weights of a batch of one; None where lookups cannot be told apart by the ids that they belong to."""
    # cuDNN gives no gradients of recurrent layers in evaluation mode
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        way = Way.of(network, batch)
        weights, change = _integrated(way, target, answer)
    parts = way.named(weights)
    return None if parts is None else Attributions(parts, change)


def _integrated(way: Way, target: Target, answer: int | None) -> tuple[list[Tensor], float]:
    """The weights of ``way.moving``, and what they should add up to."""
    totals = [torch.zeros_like(part, dtype=torch.float64) for part in way.moving]
    edges = torch.linspace(0.0, 1.0, FEWEST + 1, dtype=torch.float64)
    heights = way.evidence(target, answer, edges).cpu()
    change = float(heights[-1] - heights[0])
    if not totals:  # nothing in the example is known to the network
        return totals, change
    allowed = _allowed(heights)
    pending, num_points = list(zip(edges[:-1], edges[1:], heights[:-1], heights[1:])), 0
    while pending:
        taken, pending = pending[:CHUNK], pending[CHUNK:]
        start, end, low, high = (torch.stack(column) for column in zip(*taken, strict=True))
        middle, length = (start + end) / 2, end - start
        height, slopes = way.slopes(target, answer, middle)
        weights = [slope * _like(length, slope) for slope in slopes]
        added = torch.stack([w.flatten(1).sum(dim=1) for w in weights]).sum(dim=0).cpu()
        num_points += len(taken)
        accepted = ((added - (high - low)).abs() <= allowed) | (num_points + len(pending) >= MOST)
        for total, weight in zip(totals, weights, strict=True):
            total += weight[accepted.to(weight.device)].sum(dim=0, keepdim=True)
        for i in (~accepted).nonzero().flatten().tolist():
            pending += [(start[i], middle[i], low[i], height[i].cpu()), (middle[i], end[i], height[i].cpu(), high[i])]
    return totals, change


def _allowed(heights: Tensor) -> float:
    """By how much a stretch may miss the change along it; what float32 cannot tell apart is always allowed."""
    size = max(float((heights[-1] - heights[0]).abs()), 0.1 * float(heights.diff().abs().sum()))
    return max(TOLERANCE * size / FEWEST, 1e-6 * float(heights.abs().max()))


def _like(values: Tensor, shape: Tensor) -> Tensor:
    """(n,) -> (n, 1, ...), to be multiplied with ``shape``."""
    return values.to(shape.device).view(-1, *[1] * (shape.ndim - 1))


def _laid_out(fitted: FittedNetwork, example: Example, parts: dict[str, Tensor]) -> np.ndarray | None:
    """In the layout of ``method``, with the sum kept."""
    data = example.alone
    match data.schema.modality:
        case Modality.IMAGE:
            pixels = parts["image"].sum(dim=0).cpu().numpy()  # (H, W)
            cells = spread(fitted, data, pixels)
            return None if cells is None else cells * (pixels.size / cells.size)
        case Modality.SERIES:
            return spread(fitted, data, parts["series"].sum(dim=0).cpu().numpy())
        case Modality.TEXT:
            return spread(fitted, data, parts["tokens"].cpu().numpy())
        case _:
            joined = torch.cat([part.flatten() for part in parts.values()])  # numbers, then categories
            return spread(fitted, data, joined.cpu().numpy())
