"""Pictures: normalised per channel, by statistics of a sample of the training pictures. No pixel is copied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from whet.data.columns import ImageColumn
from whet.data.dataset import Dataset
from whet.data.encoders.encoder import encoders
from whet.data.inputs import ImagePart, Inputs, InputSpec
from whet.data.kinds import Kind, Modality
from whet.errors import ConfigError, DataError, ShapeError
from whet.rng import make_numpy_generator
from whet.state import State

__all__ = ["ImageEncoder", "only_image_column", "pictures_of"]

SAMPLE = 2_000  # pictures; more do not move a channel's mean by a tenth of a grey level
BLOCK = 64  # pictures whose grey levels are counted together


@encoders.register("image")
@dataclass(kw_only=True)
class ImageEncoder:
    """One picture column -> the part "image"; it has no settings."""

    spec: InputSpec
    column: str
    mean: tuple[float, ...]  # per channel, in [0, 1]
    std: tuple[float, ...]  # the same; 1 for a channel that never changes

    @classmethod
    def fit(cls, train: Dataset, settings: Mapping[str, Any], *, seed: int) -> Self:
        """Learn mean and standard deviation of each channel from at most 2,000 pictures."""
        if settings:
            raise ConfigError(f"the image encoder has no settings; got {sorted(settings)!r}. Remove them.")
        column = only_image_column(train)
        pictures = pictures_of(train, column)
        rows = np.arange(len(train))
        if len(rows) > SAMPLE:
            rows = np.sort(make_numpy_generator(seed, "encoder", "image").choice(rows, SAMPLE, replace=False))
        mean, std = channel_statistics(pictures.gather(rows))
        _, height, width, channels = pictures.pixels.shape
        spec = InputSpec(modality=Modality.IMAGE, channels=channels, height=height, width=width)
        return cls(spec=spec, column=column, mean=mean, std=std)

    @classmethod
    def given(
        cls,
        train: Dataset,
        settings: Mapping[str, Any],
        *,
        mean: Sequence[float],
        std: Sequence[float],
        backbone: Mapping[str, Any],
    ) -> Self:
        """Around the body described by ``backbone``, with the ``mean`` and ``std`` in [0, 1] it was trained with.

        Grey pictures take their averages over the body's channels, and the body sees the grey in each channel.
        """
        if settings:
            raise ConfigError(f"the image encoder has no settings; got {sorted(settings)!r}. Remove them.")
        column = only_image_column(train)
        _, height, width, channels = pictures_of(train, column).pixels.shape
        if channels not in (1, len(mean)):
            raise ShapeError(
                f"{train.origin}, column {column!r}: pictures have {channels} channels, but the pretrained body reads "
                f"{len(mean)} (or 1, repeated). Convert the pictures, or choose another backbone."
            )
        if channels != len(mean):
            mean, std = [sum(mean) / len(mean)], [sum(std) / len(std)]
        spec = InputSpec(modality=Modality.IMAGE, channels=channels, height=height, width=width, backbone=backbone)
        return cls(spec=spec, column=column, mean=tuple(map(float, mean)), std=tuple(map(float, std)))

    def encode(self, dataset: Dataset, *, scratch: Path | None = None) -> Inputs:
        """A view of the decoded pictures; they must have the size that was fitted."""
        pictures = pictures_of(dataset, self.column)
        wanted = (self.spec.height, self.spec.width, self.spec.channels)
        if pictures.pixels.shape[1:] != wanted:
            raise ShapeError(
                f"{dataset.origin}, column {self.column!r}: pictures are {pictures.pixels.shape[1:]} "
                f"(height, width, channels) but the model was fitted on {wanted}. Decode them at that size."
            )
        return Inputs({"image": ImagePart(pictures.pixels, pictures.rows, self.mean, self.std)})

    def state(self) -> State:
        """Everything is in the configuration: Python floats survive JSON bit for bit."""
        return State(
            {"column": self.column, "mean": list(self.mean), "std": list(self.std), "spec": self.spec.to_dict()}
        )

    @classmethod
    def from_state(cls, state: State) -> Self:
        """See ``Encoder``."""
        config = state.config
        return cls(
            spec=InputSpec.from_dict(config["spec"]),
            column=config["column"],
            mean=tuple(config["mean"]),
            std=tuple(config["std"]),
        )


def channel_statistics(pictures: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """(N, H, W, C) uint8 -> mean and standard deviation per channel, in [0, 1]; a constant channel's deviation is 1.

    >>> channel_statistics(np.full((2, 4, 4, 1), 255, dtype=np.uint8))
    ((1.0,), (1.0,))
    """
    channels = pictures.shape[-1]
    # Counting grey levels is exact and needs no floating-point copy of the pictures.
    counts = [np.zeros(256, dtype=np.int64) for _ in range(channels)]
    for start in range(0, len(pictures), BLOCK):  # bincount makes eight bytes of each
        for c in range(channels):
            counts[c] += np.bincount(pictures[start : start + BLOCK, ..., c].ravel(), minlength=256)
    levels = np.arange(256) / 255.0
    means = [float(count @ levels / count.sum()) for count in counts]
    variances = [float(count @ (levels - mean) ** 2 / count.sum()) for count, mean in zip(counts, means)]
    return tuple(means), tuple(variance**0.5 if variance > 1e-12 else 1.0 for variance in variances)


def only_image_column(dataset: Dataset) -> str:
    """The name of the one picture column; none or several are a DataError."""
    names = [column.name for column in dataset.schema.of_kind(Kind.IMAGE)]
    if len(names) != 1:
        raise DataError(f"{dataset.origin}: the image encoder reads exactly one picture column; got {names!r}.")
    return names[0]


def pictures_of(dataset: Dataset, name: str) -> ImageColumn:
    """The picture column of that name, with at least one picture."""
    column = dataset.columns.get(name)
    if not isinstance(column, ImageColumn):
        raise DataError(f"{dataset.origin}: no picture column {name!r}; columns are {sorted(dataset.columns)!r}.")
    if len(dataset) == 0:
        raise DataError(f"{dataset.origin}: there are no pictures in column {name!r}.")
    return column
