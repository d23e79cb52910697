"""Tiny data, a trivial encoder and tiny networks for the tests of the training room."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from whet.augment.augmentation import augmentations
from whet.data.columns import NumberColumn
from whet.data.dataset import Dataset
from whet.data.inputs import DensePart, Inputs, InputSpec
from whet.data.kinds import Kind, Modality
from whet.data.schema import Column, Schema
from whet.models.architecture import Architecture, architectures
from whet.recipe import Length, Recipe
from whet.rng import make_numpy_generator
from whet.state import State
from whet.tasks.classes import ClassTarget
from whet.tasks.number import NumberTarget
from whet.training.fitted import FitSetting

SETTING = FitSetting(num_threads=1)


class PlainEncoder:
    """Numbers as they are."""

    def __init__(self, num_numbers):
        self.spec = InputSpec(modality=Modality.TABLE, num_numbers=num_numbers)

    @classmethod
    def fit(cls, train, settings, *, seed):
        return cls(len(train.columns))

    def encode(self, dataset, *, scratch=None):
        values = np.stack([c.values for c in dataset.columns.values()], axis=1).astype(np.float32)
        return Inputs({"numbers": DensePart(values, np.arange(len(values)))})

    def state(self):
        return State({"num_numbers": self.spec.num_numbers})

    @classmethod
    def from_state(cls, state):
        return cls(state.config["num_numbers"])


@architectures.register("test_training_net")
class Net(Architecture):
    """An MLP with batch norm and dropout; ``members`` > 1 gives (B, M, K) outputs."""

    modality = Modality.TABLE
    parts = ("numbers",)

    def __init__(self, spec, num_outputs, *, width=16, dropout=0.0, norm=True, members=1, trap=None):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Linear(spec.num_numbers, width),
            nn.BatchNorm1d(width) if norm else nn.Identity(),
            nn.ReLU(),
            nn.Dropout(dropout),
        )
        self.members, self.trap, self.calls = members, trap, 0
        self.reset_head(num_outputs)

    def reset_head(self, num_outputs):
        self.head = nn.Linear(
            16 if not hasattr(self, "backbone") else self.backbone[0].out_features, num_outputs * self.members
        )

    def forward_features(self, batch):
        return self.backbone(batch["numbers"])

    def forward(self, batch):
        outputs = super().forward(batch)
        if self.training:
            self.calls += 1
            outputs = self._spring(outputs)
        return outputs if self.members == 1 else outputs.view(len(outputs), self.members, -1)

    def _spring(self, outputs):
        """Planted faults, by training step."""
        if self.trap == "memory":
            raise RuntimeError(
                "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"
            )
        if self.trap == "crash":
            raise TypeError("planted")
        if self.trap == "always" or (self.trap == "once" and self.calls == 30):
            return outputs * float("nan")
        return outputs


@architectures.register("test_training_conv")
class Conv(Architecture):
    """A convolutional net that sees the numbers as a picture of 4 x 4."""

    modality = Modality.TABLE
    parts = ("numbers",)

    def __init__(self, spec, num_outputs):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, padding=1)
        self.deep = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(8)
        self.reset_head(num_outputs)

    def reset_head(self, num_outputs):
        self.head = nn.Linear(8, num_outputs)

    def forward_features(self, batch):
        picture = batch["numbers"].view(-1, 1, 4, 4).contiguous(memory_format=torch.channels_last)
        return torch.relu(self.norm(self.deep(torch.relu(self.conv(picture))))).mean(dim=(2, 3))


@augmentations.register("test_training_noise")
@dataclass(frozen=True, kw_only=True)
class Noise:
    """Adds noise; its other view is the negative."""

    scale: float = 0.1
    modality = Modality.TABLE

    def __call__(self, batch, *, rows, epoch, generator):
        x = batch["numbers"]
        return {"numbers": x + self.scale * torch.randn(x.shape, generator=generator)}

    def views(self, batch):
        return [batch, {"numbers": -batch["numbers"]}]


def numbers_dataset(count, *, width=16, classes=3, seed=0, regression=False):
    """Gaussian clouds around class centres, or a linear target."""
    generator = make_numpy_generator(seed, "world")
    codes = generator.integers(0, classes, count)
    centres = make_numpy_generator(0, "centres").normal(size=(classes, width)) * 1.5
    values = centres[codes] + generator.normal(size=(count, width))
    names = [f"x{i:02d}" for i in range(width)]
    target = values @ centres[0] * 10 + 5 if regression else np.array([f"c{c}" for c in codes], dtype=object)
    schema = Schema(
        modality=Modality.TABLE,
        features=tuple(Column(name=n, kind=Kind.NUMBER) for n in names),
        target="y",
        target_is_number=regression,
    )
    return Dataset(
        schema=schema,
        columns={n: NumberColumn(values[:, i]) for i, n in enumerate(names)},
        target=target,
        rows=np.arange(count),
        fingerprint=f"world-{seed}-{count}",
        origin="tests",
    )


def class_target(classes=3):
    return ClassTarget(tuple(f"c{i}" for i in range(classes)))


def number_target(dataset):
    return NumberTarget.fit(dataset.target)


def recipe(**changes):
    """A short training of the tiny net, in epochs."""
    base = Recipe(architecture="test_training_net", length=Length(epochs=3), batch_size=16)
    return replace(base, **changes)


class StandingClock:
    """A clock that moves by ``tick`` seconds each time it is read."""

    def __init__(self, tick):
        self.tick, self.time = tick, 0.0

    def __call__(self):
        self.time += self.tick
        return self.time
