"""The contract of an encoder: what is learnt from the training rows, and turns a Dataset into Inputs.

An encoder is fitted on training rows only, and is saved in the bundle. One file per modality.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, Self

from whet.data.dataset import Dataset
from whet.data.inputs import Inputs, InputSpec
from whet.data.kinds import Modality
from whet.registry import Registry
from whet.state import State

__all__ = ["Encoder", "encoders"]


class Encoder(Protocol):
    """Fitted preprocessing of one modality."""

    spec: InputSpec

    @classmethod
    def fit(cls, train: Dataset, settings: Mapping[str, Any], *, seed: int) -> Self:
        """Learn from the training examples; unknown settings are a ConfigError."""
        ...

    def encode(self, dataset: Dataset, *, scratch: Path | None = None) -> Inputs:
        """Model inputs for every example; what outgrows memory is memory-mapped under ``scratch``."""
        ...

    def state(self) -> State:
        """Everything ``from_state`` needs."""
        ...

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The same encoder again, equal bit for bit."""
        ...


encoders: Registry[type[Encoder]] = Registry("encoder")  # by Modality value


def encoder_for(modality: Modality) -> type[Encoder]:
    """The encoder of a modality."""
    return encoders[str(modality)]
