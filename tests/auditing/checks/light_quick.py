"""A quick model that is trained for real, but on no crosses and for few rounds, so that tests take seconds."""

import pytest

from whet.recipe import Recipe

__all__ = ["light_quick"]


@pytest.fixture(autouse=True)
def light_quick(monkeypatch):
    """Boosted trees of thirty rounds in place of the quick model of tables."""
    recipe = Recipe(architecture="boosted_trees", settings={"crosses": 0, "rounds": 30, "learning_rate": 0.2})
    monkeypatch.setattr("whet.auditing.quick.quick_recipe", lambda *_, **__: recipe)
