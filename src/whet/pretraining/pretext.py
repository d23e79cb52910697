"""The contract of a pretext task: questions that a batch asks about itself, and a head that answers them.

The head is thrown away afterwards; the body is what is kept. One file each, registered under a name of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import torch
from torch import Tensor, nn

from whet.data.inputs import Batch, InputSpec
from whet.data.kinds import Modality
from whet.models.architecture import Architecture
from whet.pretraining.answers import Answers
from whet.registry import Registry
from whet.tasks.target import Target

__all__ = ["Given", "Pretext", "pretexts"]


@dataclass(frozen=True, kw_only=True)
class Given:
    """What is known when a pretext task is set up."""

    spec: InputSpec
    target: Target | None  # None: the examples have no labels
    label_smoothing: float = 0.0


class Pretext(Protocol):
    """Set up from what is known of the examples."""

    objective: ClassVar[str]  # what a user calls it; may be shared by tasks of different modalities
    modalities: ClassVar[tuple[Modality, ...]]
    what: str  # what the score counts, for people: "hidden words found"
    plain: ClassVar[bool]  # True: the body sees examples as it will later see them

    def __init__(self, given: Given) -> None: ...

    def build_head(self, body: Architecture) -> nn.Module:
        """What answers from the body's features; draws from the global generators.

        Raises:
            ConfigError: this architecture has not what the task needs.
        """
        ...

    def answers(
        self, body: Architecture, head: nn.Module, batch: Batch, targets: Tensor, *, generator: torch.Generator
    ) -> Answers:
        """Ask and answer; ``generator`` (on the CPU) is for what is hidden, turned or changed."""
        ...


pretexts: Registry[type[Pretext]] = Registry("pretext task")
