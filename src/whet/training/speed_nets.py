"""The networks on which ``whet bench speed`` measures the machine: random data, the shapes of everyday tasks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

import whet.models  # noqa: F401  (registers the architectures)
from whet.data.inputs import DensePart, ImagePart, Inputs, InputSpec
from whet.data.kinds import Modality
from whet.models.architecture import build
from whet.recipe import Length, Optimiser, Recipe
from whet.rng import make_numpy_generator
from whet.tasks.classes import ClassTarget
from whet.training.prepare import Prepared

__all__ = ["BenchNet", "bench_nets"]

NUM_CLASSES = 10


@dataclass(frozen=True, kw_only=True)
class BenchNet:
    """One network with data of its kind."""

    title: str
    unit: str  # of what is counted per second
    architecture: str
    spec: InputSpec
    inputs: Callable[[int], Inputs]  # number of examples -> random examples
    settings: dict[str, Any] = field(default_factory=dict)
    optimiser: Optimiser = field(default_factory=Optimiser)
    batches: tuple[int, ...] = (64, 256)

    def recipe(self, batch_size: int, *, seconds: float) -> Recipe:
        """As a task would ask for it."""
        return Recipe(
            architecture=self.architecture,
            settings=self.settings,
            optimiser=self.optimiser,
            length=Length(seconds=seconds, epochs=None),
            batch_size=batch_size,
        )

    def prepared(self, num_examples: int) -> Prepared:
        """Everything that comes before the first step; there is no encoder, because the data need none."""
        generator = make_numpy_generator(0, "bench", "targets")
        return Prepared(
            target=ClassTarget(tuple(str(code) for code in range(NUM_CLASSES))),
            encoder=None,  # type: ignore[arg-type]
            model=build(self.architecture, self.spec, NUM_CLASSES, self.settings, seed=0),
            augmentations=(),
            train=self.inputs(num_examples),
            valid=None,
            codes=generator.integers(0, NUM_CLASSES, num_examples),
            device=torch.device("cpu"),
        )


def bench_nets() -> dict[str, BenchNet]:
    """By name."""
    muon = Optimiser(name="muon", lr=0.1, momentum=0.6, other_lr=1e-2)
    return {
        "small": BenchNet(
            title="perceptron on a table of 20 numbers",
            unit="rows",
            architecture="mlp",
            spec=InputSpec(modality=Modality.TABLE, num_numbers=20),
            inputs=lambda count: _rows(count, 20),
        ),
        "medium": BenchNet(
            title="convolutional network on 28 x 28 grey pictures",
            unit="images",
            architecture="convnet",
            settings={"widths": [32, 64, 128]},
            spec=InputSpec(modality=Modality.IMAGE, channels=1, height=28, width=28),
            inputs=lambda count: _pictures(count, 28, 1),
            optimiser=muon,
        ),
        "large": BenchNet(
            title="convolutional network on 32 x 32 colour pictures",
            unit="images",
            architecture="convnet",
            settings={"widths": [64, 128, 256]},
            spec=InputSpec(modality=Modality.IMAGE, channels=3, height=32, width=32),
            inputs=lambda count: _pictures(count, 32, 3),
            optimiser=muon,
        ),
    }


def _rows(count: int, width: int) -> Inputs:
    values = make_numpy_generator(0, "bench", "rows").normal(size=(count, width)).astype(np.float32)
    rows = np.arange(count)
    categories = DensePart(np.zeros((count, 0), np.int64), rows)
    return Inputs({"numbers": DensePart(values, rows), "categories": categories})


def _pictures(count: int, side: int, channels: int) -> Inputs:
    shape = (count, side, side, channels)
    pixels = make_numpy_generator(0, "bench", "pictures").integers(0, 256, shape, dtype=np.uint8)
    grey, spread = (0.5,) * channels, (0.25,) * channels
    return Inputs({"image": ImagePart(pixels, np.arange(count), grey, spread)})
