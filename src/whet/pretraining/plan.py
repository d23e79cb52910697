"""What a user asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from whet.pretraining.reading import Columns
from whet.recipe import Length

__all__ = ["Plan"]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything that decides the outcome of a pretraining besides the examples."""

    length: Length = field(default_factory=lambda: Length(seconds=600.0, epochs=None))  # of everything, reading too
    objective: str = "auto"  # or masked, contrastive, rotation, supervised, or several joined by "+"
    architecture: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)  # the architecture's own, over those of its recipe
    encoding: Mapping[str, Any] = field(default_factory=dict)  # the encoder's
    columns: Columns = field(default_factory=Columns)
    seed: int = 0
