"""Adding a treatment of the training examples to a recipe."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from whet.recipe import Recipe, Treatment

__all__ = ["with_treatment"]


def with_treatment(recipe: Recipe, name: str, **settings: Any) -> Recipe:
    """The same recipe, its training examples treated once more, after the treatments that are there."""
    return replace(recipe, treatments=(*recipe.treatments, Treatment(name=name, settings=settings)))
