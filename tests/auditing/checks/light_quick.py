"""A quick model that is trained for real, but on no crosses and for few rounds, so that tests take seconds."""

import pytest

from whet.auditing import quick
from whet.data.kinds import Modality
from whet.recipe import Recipe

__all__ = ["light_quick"]

LIGHT = Recipe(architecture="boosted_trees", settings={"crosses": 0, "rounds": 30, "learning_rate": 0.2})


@pytest.fixture(autouse=True)
def light_quick(monkeypatch):
    """Boosted trees of thirty rounds in place of the quick model of tables."""
    real = quick.quick_recipe

    def light(inspection, some, *, seconds):
        return LIGHT if some.schema.modality is Modality.TABLE else real(inspection, some, seconds=seconds)

    monkeypatch.setattr("whet.auditing.quick.quick_recipe", light)
