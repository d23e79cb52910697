"""The repeated block of the convnet: convolve, halve the picture, convolve again.

Source: Jordan, arXiv 2404.00498, sections 3.2 (identity initialisation) and 5 (the third, residual convolution).
    Differs: batch norm averages its statistics with momentum 0.1, because batches are smaller here.
"""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["BiasNorm", "ConvBlock"]


class BiasNorm(nn.Module):
    """Batch norm whose scale is fixed at 1: the next convolution has one, and a second only slows training.

    Shapes: (B, C, H, W) -> (B, C, H, W).
    """

    running_mean: Tensor
    running_var: Tensor
    scale: Tensor

    def __init__(self, channels: int, *, momentum: float = 0.1) -> None:
        super().__init__()
        self.momentum = momentum  # weight of the new batch in the running statistics
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))
        self.register_buffer("scale", torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Batch statistics in training mode, running ones in evaluation mode."""
        return F.batch_norm(
            x,
            self.running_mean,
            self.running_var,
            self.scale,
            self.bias,
            training=self.training,
            momentum=self.momentum,
        )


class ConvBlock(nn.Module):
    """``depth`` 3 x 3 convolutions; from the third on, the input of the second is added before the last activation.

    Shapes: (B, inputs, H, W) -> (B, outputs, H // 2, W // 2), or the same H and W when ``pool`` is False.
    """

    def __init__(self, inputs: int, outputs: int, *, depth: int, pool: bool) -> None:
        super().__init__()
        self.pool = pool
        sizes = [inputs] + [outputs] * depth
        self.convs = nn.ModuleList([_identity_conv(a, b) for a, b in pairwise(sizes)])
        self.norms = nn.ModuleList([BiasNorm(outputs) for _ in range(depth)])

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        x = self.convs[0](x)
        if self.pool:
            x = F.max_pool2d(x, 2)
        x = shortcut = F.gelu(self.norms[0](x))
        last = len(self.convs) - 1
        for i in range(1, last + 1):
            x = self.norms[i](self.convs[i](x))
            x = F.gelu(x + shortcut if i == last and i >= 2 else x)
        return x


def _identity_conv(inputs: int, outputs: int) -> nn.Conv2d:
    """A 3 x 3 convolution whose first filters pass their channel through unchanged; the rest start at random."""
    conv = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    nn.init.dirac_(conv.weight.data[: min(inputs, outputs)])
    return conv
