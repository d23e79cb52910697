"""Reading and changing an architecture's size settings by their common names."""

from __future__ import annotations

import inspect
from typing import Any

from whet.models.architecture import architectures
from whet.recipe import Recipe

__all__ = ["setting_of"]


def setting_of(recipe: Recipe, *names: str) -> tuple[str, Any] | None:
    """The first of ``names`` that the recipe's architecture takes, with its value in force; None for estimators."""
    if recipe.architecture not in architectures:
        return None
    parameters = inspect.signature(architectures[recipe.architecture]).parameters
    for name in names:
        if name in parameters:
            return name, recipe.settings.get(name, parameters[name].default)
    return None
