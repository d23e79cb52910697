"""Small pieces that several convolutional networks are made of."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["StochasticDepth", "conv_norm", "start_like_he"]


def conv_norm(
    inputs: int, outputs: int, kernel: int, *, stride: int = 1, groups: int = 1, activation: nn.Module | None = None
) -> nn.Sequential:
    """Convolution that keeps the size (or divides it by ``stride``, rounding up), batch norm, activation.

    Shapes: (B, inputs, H, W) -> (B, outputs, ceil(H / stride), ceil(W / stride)); ``kernel`` is odd.

    >>> import torch
    >>> conv_norm(3, 8, 5, stride=2)(torch.zeros(2, 3, 9, 9)).shape
    torch.Size([2, 8, 5, 5])
    """
    conv = nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2, groups=groups, bias=False)
    layers: list[nn.Module] = [conv, nn.BatchNorm2d(outputs)]
    return nn.Sequential(*layers, *([activation] if activation is not None else []))


def start_like_he(network: nn.Module) -> None:
    """Normal weights of variance 2 / (outputs * kernel area) in every convolution.

    Source: He et al., "Delving Deep into Rectifiers", ICCV 2015.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


class StochasticDepth(nn.Module):
    """Drop a residual branch for some examples of a batch while training; the others grow to keep the mean.

    Source: Huang et al., "Deep Networks with Stochastic Depth", ECCV 2016.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p  # probability of dropping, in [0, 1)

    def forward(self, branch: Tensor) -> Tensor:
        """(B, ...) -> (B, ...)."""
        if not self.training or self.p == 0:
            return branch
        kept = F.dropout(branch.new_ones(len(branch), *[1] * (branch.ndim - 1)), self.p)
        return branch * kept
