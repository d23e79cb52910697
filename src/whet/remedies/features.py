"""Reading and changing the settings of a table's columns, wherever a recipe keeps them."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from whet.data.encoders.table_settings import TableSettings
from whet.data.kinds import Modality
from whet.models.architecture import architectures
from whet.models.estimators.boosted_settings import BoostedSettings
from whet.recipe import Recipe
from whet.tasks.facts import Facts

__all__ = ["features_of", "with_features"]


def features_of(recipe: Recipe, facts: Facts) -> TableSettings | None:
    """The settings in force; None for what is no table, or a model that reads no columns.

    Networks have them among the encoder's, estimators among their own.
    """
    if facts.modality is not Modality.TABLE:
        return None
    if recipe.architecture == "boosted_trees":
        return BoostedSettings.from_mapping(recipe.settings).features
    if recipe.architecture == "columns_linear":
        names = [field.name for field in fields(TableSettings)]
        given = {name: value for name, value in recipe.settings.items() if name in names}
        return TableSettings.from_mapping({"crosses": 0, **given})
    return TableSettings.from_mapping(recipe.encoding) if recipe.architecture in architectures else None


def with_features(recipe: Recipe, **changes: Any) -> Recipe:
    """The same recipe with some of these settings changed."""
    if recipe.architecture in architectures:
        return replace(recipe, encoding={**recipe.encoding, **changes})
    return recipe.with_settings(**changes)
