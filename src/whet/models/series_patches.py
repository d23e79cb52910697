"""Series as sequences of overlapping patches, each channel on its own and at its own level.

Source: Nie et al., ICLR 2023; normalisation per example after Kim et al., "Reversible Instance Normalization", ICLR
2022. Differs: the end is repeated only as far as the last patch needs; patches adapt to the length.
"""

from __future__ import annotations

from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor

__all__ = ["Normalised", "default_patch_length", "normalised", "num_patches", "patched"]

_LONGEST, _SHORTEST, _MOST = 16, 4, 64  # steps of a patch; patches of a series
_LEAST_SPREAD = 1e-3  # of a standardised series: below, a channel counts as constant


class Normalised(NamedTuple):
    """A series (B, C, T) with mean 0 and spread 1 per channel and example, and its (B, C, 1) mean and spread before."""

    series: Tensor
    mean: Tensor
    spread: Tensor


def normalised(series: Tensor) -> Normalised:
    """Bring each channel of each example to mean 0 and spread 1; a constant one becomes zero.

    >>> import torch
    >>> normalised(torch.tensor([[[1.0, 3.0]]])).series
    tensor([[[-1.0000,  1.0000]]])
    """
    mean = series.mean(dim=2, keepdim=True)
    spread = (series - mean).square().mean(dim=2, keepdim=True).add(_LEAST_SPREAD**2).sqrt()
    return Normalised((series - mean) / spread, mean, spread)


def default_patch_length(length: int) -> int:
    """16 steps as in the paper, shorter for short series, longer where there would be more than 64 patches.

    >>> [default_patch_length(n) for n in (3, 20, 40, 150, 512, 2000)]
    [3, 4, 5, 16, 16, 62]
    """
    usual = min(_LONGEST, max(_SHORTEST, length // 8))
    return min(length, max(usual, 2 * -(-length // (_MOST + 1)))) if length > 0 else 1


def num_patches(length: int, patch_length: int, stride: int) -> int:
    """Patches that cover every step."""
    return 1 + max(0, -(-(length - patch_length) // stride))


def patched(series: Tensor, patch_length: int, stride: int) -> Tensor:
    """(B, C, T) -> (B, C, P, S): the last step is repeated until the last patch is full."""
    length = series.shape[2]
    missing = patch_length + (num_patches(length, patch_length, stride) - 1) * stride - length
    filled = F.pad(series, (0, missing), mode="replicate") if missing else series
    return filled.unfold(2, patch_length, stride)
