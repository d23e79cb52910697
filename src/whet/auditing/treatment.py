"""The contract of a treatment: it changes training examples, and computes what it needs from those alone.

A treatment is a frozen dataclass whose fields are its settings. The training part of each fold is treated before it
is encoded; validation and test examples are never seen. One file each, in ``treatments/``.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from whet.data.dataset import Dataset
from whet.registry import Registry
from whet.tasks.target import Target

__all__ = ["Ground", "TreatmentStep", "treatments"]


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What a treatment may know beside the examples."""

    target: Target
    metric: str  # primary metric, by name
    seed: int
    seconds: float = 60.0  # that judging labels may take, where models are trained for it
    memory: MutableMapping[str, Any] = field(default_factory=dict)  # what was computed before on the same examples


class TreatmentStep(Protocol):
    """Changes training examples, deterministically under the seed."""

    def treat(self, data: Dataset, ground: Ground) -> Dataset:
        """The examples to train on; ``data`` itself where there is nothing to do."""
        ...


treatments: Registry[TreatmentStep] = Registry("treatment")
