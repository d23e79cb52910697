"""What is known about the data of a run; recipes, remedies and symptoms read it and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from whet.data.kinds import Modality
from whet.tasks.target import Target

__all__ = ["Facts"]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Plain values; nothing here is learnt from validation or test examples."""

    modality: Modality
    target: Target
    metric: str
    num_train: int
    class_counts: tuple[int, ...] = ()  # by class code; empty for a number
    image_size: tuple[int, int, int] = (0, 0, 0)  # height, width, channels
    flip_is_safe: bool | None = None  # images: mirrored pictures keep their label; None: not known
    series_shape: tuple[int, int] = (0, 0)  # channels, length
    num_numbers: int = 0
    num_categories: int = 0
    epoch_s: float | None = None  # one epoch of the default network on this machine; None: not measured
    seconds_left: float | None = None  # for one more training; None: lengths are counted in epochs
    suggested_lr: float | None = None  # peak rate that a range test suggests; None: not measured
