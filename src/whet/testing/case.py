"""One architecture, built on tiny examples of its modality."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from whet.data.inputs import Batch, InputSpec
from whet.models.architecture import Architecture, architectures, build
from whet.rng import drawing_globally
from whet.testing.examples import encoded

__all__ = ["NUM_CLASSES", "Case", "loss_of"]

NUM_CLASSES = 3
SIZE = 16  # examples in the batch

Examples = Callable[[int], tuple[InputSpec, Batch]]


@dataclass(frozen=True, kw_only=True)
class Case:
    """``examples``: n -> (spec, batch of n); by default the tiny data of the architecture's modality."""

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    examples: Examples | None = None

    @property
    def architecture(self) -> type[Architecture]:
        """The class under test."""
        return architectures[self.name]

    def spec_and_batch(self, n: int = SIZE) -> tuple[InputSpec, Batch]:
        """The sizes and the parts that the network reads."""
        spec, batch = self.examples(n) if self.examples else encoded(self.architecture.modality, n=n)
        return spec, {part: batch[part] for part in self.architecture.parts}

    def build(self, *, seed: int = 0) -> tuple[Architecture, Batch]:
        """The network, initialised on the batch."""
        spec, batch = self.spec_and_batch()
        model = build(self.name, spec, NUM_CLASSES, self.settings, seed=seed)
        with drawing_globally(seed, "initialise"):
            model.initialise(batch)
        return model, batch

    def codes(self, n: int = SIZE) -> Tensor:
        """(n,) class codes."""
        return torch.arange(n) % NUM_CLASSES


def loss_of(model: Architecture, batch: Batch, codes: Tensor) -> Tensor:
    """Cross-entropy; members side by side are each trained on their own."""
    outputs = model(batch)
    if outputs.ndim == 3:
        codes = codes[:, None].expand(outputs.shape[:2]).reshape(-1)
    return F.cross_entropy(outputs.reshape(-1, NUM_CLASSES).float(), codes)
