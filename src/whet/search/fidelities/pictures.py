"""Smaller pictures, to train on and to be scored on.

Helps: photos in which the object fills the picture. Hurts: classes told apart by details of a few pixels; pictures
that are small already.
Source: Chrabaszcz, Loshchilov & Hutter, "A Downsampled Variant of ImageNet as an Alternative to the CIFAR datasets",
    arXiv 1707.08819. Differs: the share of the side follows from the cost that is wanted.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F

from whet.augment.augmentation import augmentations
from whet.data.columns import ImageColumn
from whet.data.dataset import Dataset
from whet.data.derived import Derived
from whet.data.encoders.image import only_image_column, pictures_of
from whet.data.inputs import InputSpec
from whet.data.kinds import Modality
from whet.errors import ConfigError
from whet.models.conv_sizes import default_stride
from whet.recipe import AugmentStep, Recipe
from whet.remedies.capacity import setting_of
from whet.search.fidelity import Look, fidelities
from whet.tasks.facts import Facts

__all__ = ["SmallerPictures", "with_pictures_of"]

LEAST = 8  # pixels along a side
BLOCK = 256  # pictures resized together


@dataclass(frozen=True, kw_only=True)
class SmallerPictures:
    """Arithmetic falls with the area, so sides fall with the root of the fidelity."""

    title: str = "trainings on smaller pictures"
    share_of: str = "pixels"

    def check(self, recipe: Recipe, facts: Facts) -> None:
        """See ``LowFidelity``."""
        if facts.modality != Modality.IMAGE:
            raise ConfigError(
                f"fidelity 'pictures' needs pictures; these data are of the kind {str(facts.modality)!r}. "
                "Use --fidelity length or examples."
            )
        if recipe.backbone is not None:
            raise ConfigError(
                "fidelity 'pictures' saves nothing where a pretrained body reads pictures at its own size. "
                "Use --fidelity length or examples."
            )
        if min(facts.image_size[:2]) <= LEAST:
            raise ConfigError(
                f"fidelity 'pictures' needs pictures of more than {LEAST} pixels along each side; these are "
                f"{facts.image_size[0]} x {facts.image_size[1]}. Use --fidelity length or examples."
            )

    def look(self, recipe: Recipe, fidelity: float, facts: Facts) -> Look:
        """See ``LowFidelity``. A stem keeps its stride, and a shift its share of the side."""
        share = math.sqrt(fidelity)
        height, width, channels = facts.image_size
        stem = setting_of(recipe, "stem_stride")
        if stem is not None and stem[1] is None:  # smaller pictures alone would choose a finer stem, which costs more
            spec = InputSpec(modality=Modality.IMAGE, channels=channels, height=height, width=width)
            recipe = recipe.with_settings(stem_stride=default_stride(spec))
        recipe = replace(recipe, augment=tuple(_shifting_less(step, share) for step in recipe.augment))
        return Look(recipe=recipe, picture=(_side(height, share), _side(width, share)))


def with_pictures_of(dataset: Dataset, size: tuple[int, int]) -> Dataset:
    """The examples with pictures of ``size`` (height, width), averaged over what each pixel covers.

    Only pictures of these examples are read. The fingerprint is another one, as the content is.
    """
    name = only_image_column(dataset)
    column = pictures_of(dataset, name)
    used, rows = np.unique(column.rows, return_inverse=True)
    pixels = np.empty((len(used), *size, column.pixels.shape[3]), dtype=np.uint8)
    for start in range(0, len(used), BLOCK):
        pixels[start : start + BLOCK] = _resized(column.pixels[used[start : start + BLOCK]], size)
    described = next(c for c in dataset.schema.features if c.name == name)
    smaller = replace(described, image_size=(*size, described.image_size[2]))
    return replace(
        dataset,
        schema=dataset.schema.with_column(smaller),
        columns={**dataset.columns, name: ImageColumn(pixels, rows.astype(np.int64))},
        fingerprint=hashlib.sha256(f"{dataset.fingerprint}/{size[0]}x{size[1]}".encode()).hexdigest(),
        derived=Derived(),
    )


def _resized(pictures: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(N, H, W, C) uint8 -> (N, h, w, C) uint8."""
    images = torch.from_numpy(np.array(pictures)).permute(0, 3, 1, 2).float()
    smaller = F.interpolate(images, size=size, mode="bilinear", antialias=True, align_corners=False)
    return smaller.round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).numpy()


def _side(side: int, share: float) -> int:
    return min(side, max(LEAST, round(share * side)))


def _shifting_less(step: AugmentStep, share: float) -> AugmentStep:
    usual = getattr(augmentations[step.name], "pixels", None)
    pixels = step.settings.get("pixels", usual)
    if not pixels:
        return step
    return replace(step, settings={**step.settings, "pixels": max(1, round(share * pixels))})


fidelities.register("pictures")(SmallerPictures())
