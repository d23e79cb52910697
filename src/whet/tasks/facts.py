"""What is known about the data of a run; recipes, remedies and symptoms read it and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from whet.data.kinds import Modality
from whet.tasks.target import Target

__all__ = ["BackboneFacts", "Facts"]


@dataclass(frozen=True, kw_only=True)
class BackboneFacts:
    """The pretrained body that a run may start from."""

    source: str  # pinned, so that it names the same weights tomorrow
    architecture: str  # the network around it
    settings: Mapping[str, Any] = field(default_factory=dict)  # that this network must be built with
    title: str = ""
    num_parameters: int = 0
    can_train: bool = True  # False: a frozen extractor only


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
    num_dates: int = 0
    num_texts: int = 0
    num_missing: int = 0  # tables: columns with missing values in training
    most_values: int = 0  # tables: labels of the category column that has most
    found: tuple[str, ...] = ()  # symptoms that the audit of these data found, such as "label_errors"
    # tables: what the audit would put right, by symptom and column; see ``data.encoders.table_mends``
    mends: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    epoch_s: float | None = None  # one epoch of the default network on this machine; None: not measured
    seconds_left: float | None = None  # for one more training; None: lengths are counted in epochs
    backbone: BackboneFacts | None = None
    suggested_lr: float | None = None  # peak rate that a range test suggests; None: not measured
