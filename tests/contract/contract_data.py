"""Tiny data of every modality, and what Whet itself registers."""

from __future__ import annotations

import whet.augment
import whet.data.encoders
import whet.models
import whet.models.estimators  # noqa: F401  the walks in these packages fill the registries
from whet.registry import Registry
from whet.testing.examples import CLASSES, encoded, same, some, target_of, tiny

__all__ = ["CLASSES", "encoded", "own", "same", "some", "target_of", "tiny"]


def own(registry: Registry) -> list[tuple[str, object]]:
    """What Whet itself registers; other test folders register plug-ins of their own."""
    return [(name, item) for name, item in registry.items() if item.__module__.startswith("whet.")]
