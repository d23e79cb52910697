"""Progressive resizing: small pictures at the beginning of a training, full ones at its end.

Helps: convolutional networks trained from nothing, whose first steps learn what small pictures show as well; half the
side costs a quarter of the arithmetic. Hurts: classes told apart by details of a pixel or two.
Source: Howard's entry to DAWNBench, 2018; the linear growth up to a fixed share of the training as in FFCV's ImageNet
recipe (Leclerc et al., CVPR 2023). Differs: sides grow in steps of 4 pixels, so that kernels are prepared a few times.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from whet.data.inputs import Batch
from whet.errors import ConfigError
from whet.models.architecture import Architecture
from whet.recipe import Resizing

__all__ = ["check_resizing", "shrunk", "side_at"]

STEP = 4  # pixels
LEAST = 8  # pixels along a side, below which pictures are left as they are


def side_at(side: int, resizing: Resizing, progress: float) -> int:
    """Pixels along a side of ``side`` when the fraction ``progress`` of the training is done.

    >>> [side_at(32, Resizing(start=0.5, full_from=0.8), p) for p in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)]
    [16, 20, 24, 28, 32, 32]
    """
    if progress >= resizing.full_from or side <= LEAST:
        return side
    wanted = side * (resizing.start + (1 - resizing.start) * progress / resizing.full_from)
    return min(side, max(LEAST, STEP * round(wanted / STEP)))


def shrunk(batch: Batch, resizing: Resizing, progress: float) -> Batch:
    """The batch with its pictures (B, C, H, W) at the size of the moment; other parts as they are."""
    return {name: _shrunk(part, resizing, progress) if part.ndim == 4 else part for name, part in batch.items()}


def _shrunk(images: Tensor, resizing: Resizing, progress: float) -> Tensor:
    size = (side_at(images.shape[2], resizing, progress), side_at(images.shape[3], resizing, progress))
    if size == tuple(images.shape[2:]):
        return images
    return F.interpolate(images, size=size, mode="bilinear", antialias=True, align_corners=False)


def check_resizing(resizing: Resizing, model: Architecture, name: str) -> None:
    """Refuse it where the network reads pictures of one size alone.

    Raises:
        ConfigError: see above.
    """
    if resizing.start < 1 and not model.any_size:
        raise ConfigError(
            f"Resizing.start is {resizing.start:g}, but {name!r} reads pictures of one size alone. "
            "Set it to 1, or choose an architecture that reads any size, such as convnet."
        )
