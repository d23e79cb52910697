"""Modules outside Whet that registered something: a worker imports them, so that recipes may name what they hold."""

from __future__ import annotations

from whet.augment.augmentation import augmentations
from whet.models.architecture import architectures
from whet.models.estimators.estimator import estimators

__all__ = ["foreign_modules"]


def foreign_modules() -> list[str]:
    """Their names, sorted. What a script registered itself, as ``__main__``, exists in its own process only."""
    names = {item.__module__ for registry in (augmentations, architectures, estimators) for _, item in registry.items()}
    return sorted(name for name in names if name != "__main__" and name.split(".")[0] != "whet")
