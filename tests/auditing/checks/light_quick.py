"""Quick models that are trained for real, but small, so that tests take seconds."""

import pytest

from whet.auditing import quick
from whet.data.kinds import Modality
from whet.recipe import Recipe

__all__ = ["light_quick"]

LIGHT = {
    Modality.TABLE: Recipe(architecture="boosted_trees", settings={"crosses": 0, "rounds": 30, "learning_rate": 0.2}),
    Modality.IMAGE: Recipe(architecture="pixels_linear"),
}


@pytest.fixture(autouse=True)
def light_quick(monkeypatch):
    """Boosted trees of thirty rounds in place of the quick model of tables, a linear model in place of a network."""
    real = quick.quick_recipe

    def light(inspection, some, *, seconds):
        return LIGHT.get(some.schema.modality) or real(inspection, some, seconds=seconds)

    monkeypatch.setattr("whet.auditing.quick.quick_recipe", light)
