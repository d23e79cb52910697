"""The contract of an augmentation: a label-preserving change of a whole batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor

from whet.data.inputs import Batch
from whet.data.kinds import Modality
from whet.registry import Registry

__all__ = ["Augmentation", "augmentations"]


class Augmentation(Protocol):
    """A frozen dataclass of settings, called on training batches; its neutral setting returns the batch unchanged."""

    modality: ClassVar[Modality]

    def __call__(self, batch: Batch, *, rows: Tensor, epoch: int, generator: torch.Generator) -> Batch:
        """A changed copy; ``rows`` (B,) int64 are positions in the training set; ``epoch`` counts from 0."""
        ...

    def views(self, batch: Batch) -> list[Batch]:
        """Deterministic views for test-time augmentation, the batch itself first; [batch] where there are none."""
        ...


augmentations: Registry[Callable[..., Augmentation]] = Registry("augmentation")


def build_augmentation(name: str, settings: Mapping[str, Any]) -> Augmentation:
    """The augmentation of that name; unknown settings are a ConfigError from its constructor's signature."""
    return augmentations[name](**settings)
