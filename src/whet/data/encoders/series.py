"""Recorded series as one dense part "series": (C, T) float32 per example, without holes.

In this order: the columns' channels side by side; lengths brought to the training length (a longer series keeps its
first steps and a warning says so, a shorter one is padded); the scale (setting ``z_normalise``) over observed steps
only; holes filled by linear interpolation and the ends held at the nearest observed value (``fill_missing``).

``z_normalise``: "per_series" gives each channel of each series mean 0 and standard deviation 1: helps where level and
amplitude are accidents of the recording, hurts where they carry the answer. "per_channel_train" subtracts and divides
by the training mean and deviation of each channel: keeps both. "none" changes nothing. "auto" (the default) is "none"
where the training series are normalised already, as in most UCR archives, otherwise "per_channel_train", which loses
nothing.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from whet.data.dataset import Dataset
from whet.data.encoders.encoder import encoders
from whet.data.encoders.series_blocks import SeriesBlocks, SeriesLayout, channel_moments, new_array
from whet.data.encoders.series_steps import fill_missing, is_normalised, normalise_each
from whet.data.inputs import DensePart, Inputs, InputSpec
from whet.data.kinds import Modality
from whet.errors import ConfigError, did_you_mean
from whet.state import State

__all__ = ["SeriesEncoder", "SeriesSettings"]

_KINDS = ("auto", "per_series", "per_channel_train", "none")


@dataclass(frozen=True, kw_only=True)
class SeriesSettings:
    """How series are scaled."""

    z_normalise: str = "auto"  # one of auto, per_series, per_channel_train, none

    def __post_init__(self) -> None:
        if self.z_normalise not in _KINDS:
            raise ConfigError(
                f"the series encoder's z_normalise must be one of {', '.join(_KINDS)}; got {self.z_normalise!r}."
            )

    @classmethod
    def from_mapping(cls, settings: Mapping[str, Any]) -> Self:
        """Unknown keys are a ConfigError."""
        for key in settings:
            if key != "z_normalise":
                raise ConfigError(f"the series encoder has no setting {key!r}. {did_you_mean(key, ['z_normalise'])}")
        return cls(**settings)


@encoders.register("series")
@dataclass(kw_only=True)
class SeriesEncoder:
    """Dataset -> "series"; fit it with ``SeriesEncoder.fit``."""

    layout: SeriesLayout
    z_normalise: str  # per_series, per_channel_train or none
    mean_: np.ndarray  # (C,) float32; zeros unless per_channel_train
    std_: np.ndarray  # (C,) float32; ones unless per_channel_train

    def __post_init__(self) -> None:
        layout = self.layout
        self.spec = InputSpec(modality=Modality.SERIES, channels=layout.num_channels, length=layout.length)

    @classmethod
    def fit(cls, train: Dataset, settings: Mapping[str, Any], *, seed: int) -> Self:
        """Learn the length and the scale from the training series; nothing is random, ``seed`` changes nothing."""
        chosen, layout = SeriesSettings.from_mapping(settings).z_normalise, SeriesLayout.of(train)
        blocks = SeriesBlocks(train, layout)
        if chosen == "auto":
            chosen = "none" if all(is_normalised(block) for block, _ in blocks) else "per_channel_train"
        mean, std = np.zeros(layout.num_channels, np.float32), np.ones(layout.num_channels, np.float32)
        if chosen == "per_channel_train":
            mean, std = channel_moments(blocks)
        return cls(layout=layout, z_normalise=chosen, mean_=mean, std_=std)

    def encode(self, dataset: Dataset, *, scratch: Path | None = None) -> Inputs:
        """(N, C, T) float32 without NaN; warns about series that are longer than those seen in training."""
        self.layout.check(dataset)
        out = new_array((len(dataset), self.spec.channels, self.spec.length), scratch)
        done = num_cut = 0
        for block, cut in SeriesBlocks(dataset, self.layout):
            out[done : done + len(block)] = fill_missing(self._scaled(block))
            done, num_cut = done + len(block), num_cut + cut
        if num_cut:
            self._warn_of_cuts(dataset, num_cut)
        return Inputs({"series": DensePart(out, np.arange(len(dataset)))})

    def _warn_of_cuts(self, dataset: Dataset, num_cut: int) -> None:
        length = self.spec.length
        warnings.warn(
            f"{dataset.origin}: {num_cut} of {len(dataset)} series are longer than the {length} steps seen in "
            f"training; only their first {length} steps are used. Cut or resample them, or train on longer series.",
            stacklevel=3,
        )

    def _scaled(self, values: np.ndarray) -> np.ndarray:
        if self.z_normalise == "per_series":
            return normalise_each(values)
        if self.z_normalise == "per_channel_train":
            return np.asarray((values - self.mean_[:, None]) / self.std_[:, None])
        return values

    def state(self) -> State:
        """Layout and settings as JSON, the scale as arrays."""
        return State({**asdict(self.layout), "z_normalise": self.z_normalise}, {"mean": self.mean_, "std": self.std_})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The same encoder again."""
        c = state.config
        layout = SeriesLayout(tuple(c["columns"]), tuple(c["channels"]), int(c["length"]))
        mean, std = (np.asarray(state.arrays[name]) for name in ("mean", "std"))
        return cls(layout=layout, z_normalise=str(c["z_normalise"]), mean_=mean, std_=std)
