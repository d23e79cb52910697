"""Settings that several convolutional networks share, checked in one place and reported together."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from whet.data.inputs import InputSpec
from whet.errors import ConfigError, ShapeError

__all__ = ["check_images", "check_probability", "check_stages", "refuse"]


def check_stages(widths: Sequence[int], depths: Sequence[int]) -> list[str]:
    """Faults of the numbers of filters and of blocks per stage."""
    faults = []
    for name, values in (("widths", widths), ("depths", depths)):
        if not values or any(not isinstance(value, int) or value < 1 for value in values):
            faults.append(f"{name} must be one or more positive whole numbers; got {list(values)!r}")
    if len(widths) != len(depths):
        faults.append(f"widths and depths must name equally many stages; got {len(widths)} and {len(depths)}")
    return faults


def check_probability(name: str, value: float) -> list[str]:
    """The fault of a probability, if it has one."""
    return [] if 0 <= value < 1 else [f"{name} must be in [0, 1); got {value!r}"]


def refuse(owner: str, faults: list[str]) -> None:
    """One ConfigError for all ``faults``; none for an empty list."""
    if faults:
        raise ConfigError(f"{owner}: " + "; ".join(faults) + ".")


def check_images(owner: str, images: Tensor, spec: InputSpec) -> None:
    """Pictures have the channels that the network was built for."""
    if images.ndim != 4 or images.shape[1] != spec.channels:
        raise ShapeError(
            f"{owner} reads images (B, {spec.channels}, H, W); got {tuple(images.shape)}. Refit the encoder?"
        )
