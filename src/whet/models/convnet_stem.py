"""The frozen whitening stem: patches become uncorrelated, unit-variance channels before anything is learnt.

Helps: the first layer needs no training, and every later layer sees well-conditioned inputs from step one.
Hurts: pictures whose information sits in absolute brightness over areas larger than a patch (nothing is lost, but
    flat areas become small numbers).
Source: Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU", arXiv 2404.00498, section 3.1.
    Differs: the bias trains throughout (one schedule for everything); at most 12 components are kept for large
    patches; the filters start as plain pixel pickers, so that an uninitialised network still works.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["WhiteningStem"]

EPSILON = 5e-4  # added to the variances, in units of a normalised pixel; the paper's value
COMPONENTS = 12  # a 2 x 2 patch of 3 channels has 12; larger patches keep their 12 of largest variance
MOST_VALUES = 10_000_000  # in the patches whose covariance is taken: about 900 pictures of 32 x 32


class WhiteningStem(nn.Module):
    """Convolution with filters +w and -w for each principal component of the patches, plus a trainable bias.

    Shapes: (B, C, H, W) -> (B, num_filters, (H - size) // stride + 1, the same for W).
    Args:
        channels: C.
        stride: pixels between patches, at least 1; a patch is max(2, stride) pixels wide.
    """

    filters: Tensor

    def __init__(self, channels: int, *, stride: int) -> None:
        super().__init__()
        self.stride, self.size = stride, max(2, stride)
        components = min(COMPONENTS, channels * self.size**2)
        picked = torch.eye(channels * self.size**2)[:components]
        self.num_filters = 2 * components
        self.register_buffer("filters", self._as_filters(picked, channels))
        self.bias = nn.Parameter(torch.zeros(self.num_filters))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) normalised pictures -> (B, num_filters, H', W')."""
        return F.conv2d(x, self.filters, self.bias, stride=self.stride)

    @torch.no_grad()
    def whiten(self, images: Tensor) -> None:
        """Set the filters from the patches of ``images`` (B, C, H, W)."""
        values_per_image = patches(images[:1].float(), self.size, stride=self.stride).numel()
        few = images[: max(1, MOST_VALUES // values_per_image)].float()
        vectors = patches(few, self.size, stride=self.stride)  # (P, D)
        vectors = vectors - vectors.mean(dim=0)
        covariance = vectors.double().T @ vectors.double() / max(1, len(vectors) - 1)
        variances, directions = torch.linalg.eigh(covariance)  # ascending
        scaled = (directions / (variances.clamp_min(0) + EPSILON).sqrt()).T.flip(0)[: self.num_filters // 2]
        largest = scaled.gather(1, scaled.abs().argmax(dim=1, keepdim=True))
        scaled = scaled * torch.sign(largest)  # eigenvectors have no sign of their own: fix one
        self.filters.copy_(self._as_filters(scaled, images.shape[1]))

    def _as_filters(self, rows: Tensor, channels: int) -> Tensor:
        """(components, C * size * size) -> (2 * components, C, size, size), each with its negative."""
        shaped = rows.float().reshape(len(rows), channels, self.size, self.size)
        return torch.cat([shaped, -shaped])


def patches(images: Tensor, size: int, *, stride: int = 1) -> Tensor:
    """Every ``size`` x ``size`` patch, ``stride`` apart, flattened: (B, C, H, W) -> (P, C * size * size).

    >>> patches(torch.zeros(2, 3, 4, 4), 2).shape
    torch.Size([18, 12])
    """
    return F.unfold(images, size, stride=stride).transpose(1, 2).flatten(0, 1)
