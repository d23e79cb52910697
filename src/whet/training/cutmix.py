"""CutMix: a rectangle of each picture is replaced by that of another, and the targets are mixed by area.

Helps: over-fitting networks on pictures whose parts still tell the class. Hurts: tiny pictures; shapes that count
whole, such as digits; short trainings.
Source: Yun et al., "CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features", ICCV
    2019. One rectangle per batch, as in the authors' code; its share is that of the pixels really replaced.
"""

from __future__ import annotations

import math

import torch
from scipy.special import betaincinv
from torch import Tensor

from whet.data.inputs import Batch
from whet.errors import ConfigError

__all__ = ["cutmix"]


def cutmix(batch: Batch, alpha: float, *, generator: torch.Generator) -> tuple[Batch, Tensor, float]:
    """Put a rectangle of every picture's partner from the same batch into it.

    Shapes: every part is (B, C, H, W) floats.
    Returns the mixed batch, the partners' positions (B,) and the weight of the picture itself: the share of its pixels
    that stay. The rectangle's share is drawn from Beta(alpha, alpha), its centre evenly; the border cuts it.

    Raises:
        ConfigError: the batch holds something that is no picture.

    >>> pictures = torch.arange(4.0)[:, None, None, None].expand(4, 1, 8, 8)
    >>> mixed, partner, weight = cutmix({"image": pictures}, 1.0, generator=torch.Generator().manual_seed(1))
    >>> (mixed["image"] == pictures).float().mean().item() >= weight
    True
    """
    for name, part in batch.items():
        if part.ndim != 4 or not part.is_floating_point():
            raise ConfigError(
                f"Regularisation.cutmix cuts pictures, but {name!r} is {tuple(part.shape)} {part.dtype}. "
                "Set cutmix to 0 for this model."
            )
    first = next(iter(batch.values()))
    share, down, right = torch.rand(3, generator=generator, dtype=torch.float64).tolist()
    kept = float(betaincinv(alpha, alpha, share))  # the quantile function, so that one draw is enough
    top, bottom, left, end = _rectangle(first.shape[2], first.shape[3], math.sqrt(1.0 - kept), down, right)
    partner = torch.randperm(len(first), generator=generator).to(first.device)
    mixed = {}
    for name, part in batch.items():
        changed = part.clone()
        changed[:, :, top:bottom, left:end] = part[:, :, top:bottom, left:end][partner]
        mixed[name] = changed
    weight = 1.0 - (bottom - top) * (end - left) / (first.shape[2] * first.shape[3])
    return mixed, partner, weight


def _rectangle(height: int, width: int, side: float, down: float, right: float) -> tuple[int, int, int, int]:
    """Rows and columns of a rectangle with ``side`` of both sides, around a point in [0, 1).

    >>> _rectangle(8, 8, 0.5, 0.5, 0.0)
    (2, 6, 0, 2)
    """
    tall, broad = int(height * side), int(width * side)
    row, column = int(down * height), int(right * width)
    top, bottom = max(0, row - tall // 2), min(height, row - tall // 2 + tall)
    left, end = max(0, column - broad // 2), min(width, column - broad // 2 + broad)
    return top, bottom, left, end
