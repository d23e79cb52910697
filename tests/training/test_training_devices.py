"""The "meta" device computes nothing, but refuses to mix its tensors with the CPU's: a stand-in for an accelerator."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import whet.augment
from whet.augment.augmentation import augmentations, build_augmentation
from whet.data.inputs import DensePart, ImagePart, Inputs, RaggedPart
from whet.data.kinds import Modality
from whet.recipe import Resizing
from whet.training.batches import BatchOrder
from whet.training.feed import Feed
from whet.training.mixup import mixup

assert whet.augment

META = torch.device("meta")
ROWS = np.arange(12)


def pictures():
    pixels = np.random.default_rng(0).integers(0, 256, (12, 16, 16, 3), dtype=np.uint8)
    return Inputs({"image": ImagePart(pixels, ROWS, (0.4, 0.5, 0.6), (0.2, 0.3, 0.2))})


def series():
    return Inputs({"series": DensePart(np.ones((12, 2, 20), np.float32), ROWS)})


def texts():
    return Inputs({"tokens": RaggedPart(np.ones(36, np.int32), np.arange(13) * 3, ROWS)})


EXAMPLES = {Modality.IMAGE: pictures, Modality.SERIES: series, Modality.TEXT: texts}


def feed(inputs, device, steps=(), **more):
    order = BatchOrder(12, batch_size=4, seed=0)
    return Feed(inputs=inputs, targets=torch.arange(12), order=order, augmentations=steps, device=device, **more)


@pytest.mark.parametrize("name", sorted(augmentations))
def test_augmentations_work_where_the_batch_lies(name):
    step = build_augmentation(name, {})
    if step.modality not in EXAMPLES:
        pytest.skip("an augmentation of the tests")
    batch, targets = feed(EXAMPLES[step.modality](), META, (step,))(0)
    assert {part.device.type for part in batch.values()} == {targets.device.type} == {"meta"}
    here, _ = feed(EXAMPLES[step.modality](), torch.device("cpu"), (step,))(0)
    assert {n: p.shape for n, p in here.items()} == {n: p.shape for n, p in batch.items()}


def test_growing_pictures_and_mixup_work_where_the_batch_lies():
    batch, _ = feed(pictures(), META, resizing=Resizing(start=0.5), progress=0.0)(0)
    mixed, partner, _ = mixup(batch, 0.4, generator=torch.Generator())
    assert mixed["image"].shape == (4, 3, 8, 8)
    assert partner.device.type == "meta"


def test_pictures_normalised_after_the_way_equal_those_normalised_before():
    (part,) = pictures().parts.values()
    index = np.array([3, 1, 7])
    raw = part.raw(index)
    assert raw.dtype is torch.uint8
    assert torch.equal(part.normalised(raw), part.gather(index))
