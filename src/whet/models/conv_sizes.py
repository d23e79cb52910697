"""How a convolutional network follows the size of the pictures: the stride of its stem and where it halves.

Helps: the same settings work from 8 to 256 pixels, at about the same cost. Hurts: details of a few pixels in large
pictures, which a wide stride merges; set ``stem_stride`` by hand there.
"""

from __future__ import annotations

from whet.data.inputs import InputSpec
from whet.errors import ConfigError

__all__ = ["LEAST_HALVED", "default_stride", "stage_strides", "stem_side"]

LEAST_HALVED = 4  # positions along a side; a 3 x 3 convolution needs room to look around


def default_stride(spec: InputSpec, *, positions: int = 32) -> int:
    """Stem stride in pixels that leaves about ``positions`` along the shorter side.

    >>> from whet.data.kinds import Modality
    >>> [default_stride(InputSpec(modality=Modality.IMAGE, height=s, width=s)) for s in (8, 32, 64, 96, 224)]
    [1, 1, 2, 3, 7]
    """
    return max(1, round(min(spec.height, spec.width) / positions))


def stem_side(spec: InputSpec, stride: int, *, owner: str) -> int:
    """Positions along the shorter side after a stem with this stride, rounded up; too small pictures are refused."""
    shorter = min(spec.height, spec.width)
    if stride < 1:
        raise ConfigError(f"{owner}: stem_stride must be 1 or more; got {stride!r}.")
    if shorter <= stride:
        raise ConfigError(
            f"{owner}: pictures must be more than {stride} pixels wide and high, the stride of the stem; "
            f"got {spec.height}x{spec.width}. Lower stem_stride or enlarge the pictures."
        )
    return -(-shorter // stride)


def stage_strides(side: int, num_stages: int) -> tuple[int, ...]:
    """Stride of each stage: the first keeps the size, each other one halves while at least 4 positions are left.

    >>> stage_strides(32, 4), stage_strides(12, 3), stage_strides(5, 3)
    ((1, 2, 2, 2), (1, 2, 2), (1, 2, 1))
    """
    strides = [1]
    for _ in range(1, num_stages):
        stride = 2 if side >= LEAST_HALVED else 1
        side = -(-side // stride)
        strides.append(stride)
    return tuple(strides)
