"""How far one feature looks: the receptive field of layers that are stacked.

Helps: to see whether a network can find a pattern of a known length at all. Hurts: read as what a feature uses; most of
its weight lies in the middle (Luo et al., "Understanding the Effective Receptive Field", NeurIPS 2016).
Source: Araujo et al., "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["Window", "receptive_field"]


class Window(NamedTuple):
    """A convolution or pooling along one axis: positions read, positions between two answers, and between two reads."""

    kernel: int
    stride: int = 1
    dilation: int = 1


def receptive_field(windows: Iterable[Window]) -> int:
    """Input positions along one axis that a feature after all ``windows``, input side first, depends on.

    Of branches side by side, give the one that reads furthest; a shortcut reads no further than what it spans.

    >>> receptive_field([Window(3), Window(2, stride=2), Window(3)])  # 3, then 4 with the pooling, then 2 steps of 2
    8
    >>> receptive_field([Window(3, dilation=2**i) for i in range(4)])
    31
    """
    seen, step = 1, 1  # positions seen; input positions between two neighbouring features
    for kernel, stride, dilation in windows:
        seen += (kernel - 1) * dilation * step
        step *= stride
    return seen
